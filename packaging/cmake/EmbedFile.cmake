# SPDX-License-Identifier: Apache-2.0
# Script behind kvc_embed(): writes a file's bytes as a C++ array. Hex, so that no byte needs escaping.
file(READ "${INPUT}" hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE "${HEADER}" "#pragma once
#include <string_view>
namespace kvc::resource {
std::string_view ${SYMBOL}() noexcept;
}
")
file(WRITE "${OUTPUT}" "#include \"${SYMBOL}.h\"
namespace {
const unsigned char kBytes[] = {
${bytes}
0};
}
namespace kvc::resource {
std::string_view ${SYMBOL}() noexcept { return {reinterpret_cast<const char*>(kBytes), ${size}}; }
}
")
