// SPDX-License-Identifier: Apache-2.0
#include "e2e/soak/process_watch.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace kvc::e2e::soak {
namespace {

namespace fs = std::filesystem;

/// The number behind `name` in a file of lines "name: number".
long number_in(const fs::path& file, const std::string& name) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with(name)) {
      return std::stol("0" + line.substr(std::min(line.find_first_of("0123456789"), line.size())));
    }
  }
  return 0;
}

std::string range(const std::vector<Sample>& samples, long Sample::*value) {
  const auto highest = std::max_element(samples.begin(), samples.end(),
                                        [&](const Sample& a, const Sample& b) { return a.*value < b.*value; });
  return std::to_string(samples.front().*value) + " .. " + std::to_string((*highest).*value) + " .. " +
         std::to_string(samples.back().*value);
}

}  // namespace

void ProcessWatch::take(double seconds) {
  const fs::path proc = "/proc/" + std::to_string(pid_);
  Sample sample;
  sample.seconds = seconds;
  sample.rss_kib = number_in(proc / "status", "VmRSS:");
  sample.threads = number_in(proc / "status", "Threads:");
  sample.pss_kib = number_in(proc / "smaps_rollup", "Pss:");
  sample.in_use_kib = number_in(heap_file_, "in use:");
  sample.heaps_kib = number_in(heap_file_, "heaps:");
  std::error_code error;
  sample.handles = std::distance(fs::directory_iterator(proc / "fd", error), fs::directory_iterator());
  if (sample.rss_kib > 0) {
    samples_.push_back(sample);
  }
}

double ProcessWatch::growth_per_hour(long Sample::*figure) const {
  std::vector<double> slopes;
  for (std::size_t i = samples_.size() / 2; i < samples_.size(); ++i) {
    for (std::size_t j = i + 1; j < samples_.size(); ++j) {
      const double hours = (samples_[j].seconds - samples_[i].seconds) / 3600;
      if (hours > 0) {
        slopes.push_back(static_cast<double>(samples_[j].*figure - samples_[i].*figure) / hours);
      }
    }
  }
  if (slopes.empty()) {
    return 0;
  }
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle;
}

std::string ProcessWatch::summary() const {
  if (samples_.empty()) {
    return name_ + ": no samples";
  }
  std::ostringstream out;
  out << name_ << ": first .. highest .. last: RSS KiB " << range(samples_, &Sample::rss_kib) << ", PSS KiB "
      << range(samples_, &Sample::pss_kib) << ", in use " << range(samples_, &Sample::in_use_kib) << ", heaps "
      << range(samples_, &Sample::heaps_kib) << ", handles " << range(samples_, &Sample::handles) << ", threads "
      << range(samples_, &Sample::threads) << "; slopes of the second half, KiB an hour: RSS "
      << static_cast<long>(growth_per_hour(&Sample::rss_kib)) << ", in use "
      << static_cast<long>(growth_per_hour(&Sample::in_use_kib));
  return out.str();
}

void ProcessWatch::write_csv(const std::filesystem::path& file) const {
  std::ofstream out(file);
  out << "seconds,rss_kib,pss_kib,in_use_kib,heaps_kib,handles,threads\n";
  for (const Sample& sample : samples_) {
    out << sample.seconds << ',' << sample.rss_kib << ',' << sample.pss_kib << ',' << sample.in_use_kib << ','
        << sample.heaps_kib << ',' << sample.handles << ',' << sample.threads << '\n';
  }
}

}  // namespace kvc::e2e::soak
