// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/command.h"

int main(int argc, char** argv) {
  return kvconnect_server_main(argc, argv);
}
