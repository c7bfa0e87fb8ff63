// SPDX-License-Identifier: Apache-2.0
// The library's one symbol.
#include "instance/instance.h"

PVS_PLUGIN(kvc::plugin::kPlugin)
