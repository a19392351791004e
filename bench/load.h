// Load from so many threads, each of which logs in again and again.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "measure.h"

namespace bench {

// One login; false where it was not accepted. Its time counts from `from`, which is now unless the
// login moves it.
using Login = std::function<bool(Clock::time_point& from)>;

// --threads, --warmup of each thread, --logins of all of them together, and --seconds, which counts
// where --logins is 0.
std::map<std::string, std::string> load_defaults();

// Runs the load and prints its figures, and those that `add` adds. Each thread makes its own Login.
void run_load(const Arguments& arguments, const std::function<Login()>& make,
              const std::function<void(Line&)>& add = {});

}  // namespace bench
