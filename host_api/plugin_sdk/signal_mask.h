// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pvs::detail {

/// Takes SIGPIPE out of this thread's signal mask if it was not in it before the library (and what it needs) was loaded
/// by this very thread, and is in it now. Other signals and other threads are not touched. Works once. [any]
void restore_signal_mask() noexcept;

}  // namespace pvs::detail
