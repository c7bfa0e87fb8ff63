/* SPDX-License-Identifier: Apache-2.0
 * Runs a program and says its peak of resident memory, on the last line of standard output: "peak KIB EXIT_CODE".
 *
 * A program of its own because the kernel counts the memory of whoever started it into a program's peak: this one is
 * smaller than anything it measures. */
#define _DEFAULT_SOURCE 1

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  struct rusage usage;
  int status = 0;
  pid_t child;
  if (argc < 2) {
    return 2;
  }
  child = fork();
  if (child == 0) {
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    return 2;
  }
  printf("\npeak %ld %d\n", usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  return 0;
}
