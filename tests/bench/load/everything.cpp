// SPDX-License-Identifier: Apache-2.0
// The entry of the peer that has everything linked into it.
#include "instance/instance.h"

PVS_PLUGIN(kvc::plugin::kPlugin)
