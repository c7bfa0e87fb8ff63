// SPDX-License-Identifier: Apache-2.0
// probe MODULE FAULT: commits the fault in the module (probe_module.cpp) and ends with 0, if the sanitizer lets it.
#include <dlfcn.h>

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  void* const library = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  void* const symbol = library == nullptr ? nullptr : ::dlsym(library, "kvc_sanitizer_probe");
  if (symbol == nullptr) {
    return 2;
  }
  static_cast<void>(reinterpret_cast<int (*)(const char*)>(symbol)(argv[2]));
  return 0;
}
