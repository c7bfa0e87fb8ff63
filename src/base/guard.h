// SPDX-License-Identifier: Apache-2.0
// The edge of a module: exceptions of the libraries below become a Status.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <typeinfo>

#include "base/status.h"

namespace kvc {

/// Runs `work` (which returns a Status or a Result) and turns what it throws into a Status. The text of an exception is
/// not taken over, only its type: a library may have put the data it stumbled over into the text.
template <class Work>
auto guarded(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Status(error::out_of_memory, "not enough memory");
  } catch (const std::exception& e) {
    return Status(error::internal, std::string("unexpected exception of type ") + typeid(e).name());
  } catch (...) {
    return Status(error::internal, "unexpected exception of an unknown type");
  }
}

}  // namespace kvc
