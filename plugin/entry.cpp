// SPDX-License-Identifier: Apache-2.0
// The one symbol of kvconnect.so.
#include "loader/lazy_instance.h"

PVS_PLUGIN(kvc::plugin::kLazyPlugin)
