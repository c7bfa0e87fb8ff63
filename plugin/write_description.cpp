// SPDX-License-Identifier: Apache-2.0
// A step of the build: manifest.json as the serialised description that kvconnect.so answers without reading JSON.
#include <cstdio>

#include "instance/description.h"

int main(int argc, char** argv) {
  const std::string bytes = kvc::plugin::own_description().SerializeAsString();
  std::FILE* const file = argc == 2 ? std::fopen(argv[1], "wb") : nullptr;
  const bool written = file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return written && std::fclose(file) == 0 ? 0 : 1;
}
