// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "checks.h"
#include "life.h"
#include "process_state.h"
#include "text.h"

namespace pvs::conformance {

namespace {

/// A picture before the library is loaded, a tour, and a picture afterwards.
struct BeforeAndAfter {
  BeforeAndAfter(const Subject& subject, Findings& findings) : done(tour(subject, findings)), after() {}
  ProcessState before;
  bool done;
  ProcessState after;
};

/// Keeps a descriptor aside and puts memory in its place.
class Diverted {
 public:
  explicit Diverted(int fd) : fd_(fd), kept_(::dup(fd)), memory_(::memfd_create("pvs-validate", MFD_CLOEXEC)) {
    ::dup2(memory_, fd_);
  }
  ~Diverted() {
    ::dup2(kept_, fd_);
    ::close(kept_);
    ::close(memory_);
  }
  Diverted(const Diverted&) = delete;
  Diverted& operator=(const Diverted&) = delete;
  [[nodiscard]] std::string text() const {
    std::string bytes(300, '\0');
    const ssize_t count = ::pread(memory_, bytes.data(), bytes.size(), 0);
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
  }

 private:
  int fd_;
  int kept_;
  int memory_;
};

}  // namespace

void check_aspect(const Subject& subject, Findings& findings, Aspect aspect) {
  constexpr int kGraceMs = 100;
  const bool late = aspect == Aspect::host_after_stop || aspect == Aspect::reply_late;
  if (!tour(subject, findings, late ? kGraceMs : 0)) {
    return;
  }
  for (const std::string& text : Observations::get().of(aspect)) {
    // How long something takes depends on the machine too: a person has to look.
    aspect == Aspect::time_class || aspect == Aspect::log_flood ? findings.warn(text) : findings.fail(text);
  }
}

void check_signal_mask(const Subject& subject, Findings& findings) {
  const BeforeAndAfter life(subject, findings);
  for (int number = 1; number < 65; ++number) {
    if (sigismember(&life.before.mask, number) != sigismember(&life.after.mask, number)) {
      findings.fail("signal " + std::to_string(number) +
                    (sigismember(&life.after.mask, number) == 1 ? " is blocked on the main thread afterwards"
                                                                : " is no longer blocked on the main thread"));
    }
  }
}

void check_signal_handlers(const Subject& subject, Findings& findings) {
  const BeforeAndAfter life(subject, findings);
  for (std::size_t number = 1; number < life.before.handlers.size(); ++number) {
    if (life.before.handlers[number] != life.after.handlers[number]) {
      findings.fail("signal " + std::to_string(number) + " has another handler afterwards");
    }
  }
}

void check_locale(const Subject& subject, Findings& findings) {
  const BeforeAndAfter life(subject, findings);
  if (life.before.locale != life.after.locale) {
    findings.fail("the locale was " + life.before.locale + " and is " + printable(life.after.locale));
  }
}

void check_directory(const Subject& subject, Findings& findings) {
  const BeforeAndAfter life(subject, findings);
  if (life.before.directory != life.after.directory) {
    findings.fail("the working directory is " + printable(life.after.directory) + " afterwards");
  }
}

void check_umask(const Subject& subject, Findings& findings) {
  const BeforeAndAfter life(subject, findings);
  if (life.before.umask_bits != life.after.umask_bits) {
    findings.fail("the umask is " + std::to_string(life.after.umask_bits) + " afterwards, it was " +
                  std::to_string(life.before.umask_bits));
  }
}

void check_environment(const Subject& subject, Findings& findings) {
  const BeforeAndAfter life(subject, findings);
  std::vector<std::string> changed;
  std::set_symmetric_difference(life.before.environment.begin(), life.before.environment.end(),
                                life.after.environment.begin(), life.after.environment.end(),
                                std::back_inserter(changed));
  for (const std::string& variable : changed) {
    // The name alone: what stands in it may be somebody's secret.
    findings.fail("the environment variable " + printable(variable.substr(0, variable.find('=')), 60) + " was changed");
  }
}

void check_output(const Subject& subject, Findings& findings) {
  const Diverted out(STDOUT_FILENO);
  const Diverted err(STDERR_FILENO);
  static_cast<void>(tour(subject, findings));
  if (!out.text().empty()) {
    findings.fail("wrote to standard output: " + printable(out.text(), 100));
  }
  if (!err.text().empty()) {
    findings.fail("wrote to standard error: " + printable(err.text(), 100));
  }
}

void check_descriptors(const Subject& subject, Findings& findings) {
  // What loading alone brings (a library's log, say) comes once; a life must not add to it.
  if (!tour(subject, findings)) {
    return;
  }
  const std::vector<std::string> before = descriptors();
  if (!tour(subject, findings)) {
    return;
  }
  const std::vector<std::string> after = descriptors();
  std::vector<std::string> more;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(more));
  for (const std::string& target : more) {
    findings.fail("a descriptor stays open: " + printable(target, 120));
  }
  if (more.empty() && after.size() > before.size()) {
    findings.fail(std::to_string(after.size() - before.size()) + " more descriptors are open after a life");
  }
}

void check_threads_joined(const Subject& subject, Findings& findings) {
  const std::size_t before = thread_count();
  if (!tour(subject, findings)) {
    return;
  }
  for (int i = 0; i < 1000 && thread_count() > before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (thread_count() > before) {
    findings.fail(std::to_string(thread_count() - before) + " threads still run after destroy()");
  }
}

}  // namespace pvs::conformance
