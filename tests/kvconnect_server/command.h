// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The command `kvconnect server` (argv[0] is its name, options follow; README.md, "By hand"). Prints one JSON line
/// with the addresses when ready, logs requests to stderr, ends on SIGTERM and SIGINT, reads the fault plan again on
/// SIGHUP. Call it from main() before other threads run: it blocks these signals and waits for them. Exit code 0, or 2
/// with a sentence on stderr.
int kvconnect_server_main(int argc, char** argv);
