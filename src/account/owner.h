// SPDX-License-Identifier: Apache-2.0
// Names of processes that hold a lease.
#pragma once

#include <string>
#include <string_view>

#include "base/env.h"

namespace kvc::account {

/// A name for one holder in this process: machine (boot), pid namespace, pid, start time of the process, a random
/// part, and the name of the workstation (Arbeitsplatz) for people.
std::string new_owner(Env& env);

/// The workstation in the name of a holder, as its system calls itself; empty if it says none.
std::string workstation_of(std::string_view owner);

/// True only if the owner was a process of this machine's present run and exists no more. False when unknown: then
/// the lease's time decides.
bool owner_gone(std::string_view owner);

}  // namespace kvc::account
