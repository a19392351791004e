// What the programs of this folder share: their command line, their clock, and the one line of JSON
// that each prints.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

[[noreturn]] inline void fail(std::string_view what) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
    std::exit(2);
}

// --name value pairs; those of `--option NAME=VALUE` are collected in order.
class Arguments {
 public:
    Arguments(int argc, char** argv, std::map<std::string, std::string> defaults)
        : values_(std::move(defaults)) {
        for (int i = 1; i < argc; i += 2) {
            const std::string name = argv[i];
            if (i + 1 == argc) fail(name + " needs a value");
            const std::string value = argv[i + 1];
            if (name == "--option") {
                const std::size_t equals = value.find('=');
                if (equals == std::string::npos) fail("--option NAME=VALUE");
                options_.emplace_back(value.substr(0, equals), value.substr(equals + 1));
            } else if (const auto known = values_.find(name); known != values_.end()) {
                known->second = value;
            } else {
                fail("unknown option " + name);
            }
        }
    }

    const std::string& text(const std::string& name) const { return values_.at(name); }
    double number(const std::string& name) const { return std::stod(text(name)); }
    std::size_t count(const std::string& name) const {
        return static_cast<std::size_t>(std::stoul(text(name)));
    }
    const std::vector<std::pair<std::string, std::string>>& options() const { return options_; }

 private:
    std::map<std::string, std::string> values_;
    std::vector<std::pair<std::string, std::string>> options_;
};

// A figure of /proc/self/status, such as VmRSS: (in KiB) or Threads:.
inline long status_field(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string word, rest; status >> word; std::getline(status, rest)) {
        long value = 0;
        if (word == name && status >> value) return value;
    }
    return 0;
}

// CPU and context switches of this process so far.
struct Usage {
    double cpu = 0;
    double switches = 0;

    static Usage now() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto seconds = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
                static_cast<double>(usage.ru_nvcsw + usage.ru_nivcsw)};
    }
};

// The value below which this share of the samples lies; sorts them.
inline double percentile(std::vector<float>& samples, double share) {
    if (samples.empty()) return 0;
    std::sort(samples.begin(), samples.end());
    const auto at = static_cast<std::size_t>(share * static_cast<double>(samples.size()));
    return static_cast<double>(samples[std::min(at, samples.size() - 1)]);
}

// One line of JSON, printed when the object goes.
class Line {
 public:
    Line() = default;
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line() { std::printf("{%s}\n", text_.c_str()); }

    Line& add(std::string_view name, double value) {
        char number[64];
        std::snprintf(number, sizeof number, "%.3f", value);
        return raw(name, number);
    }
    Line& add(std::string_view name, std::size_t value) { return raw(name, std::to_string(value)); }
    Line& raw(std::string_view name, std::string_view value) {
        if (!text_.empty()) text_ += ", ";
        text_.append("\"").append(name).append("\": ").append(value);
        return *this;
    }

 private:
    std::string text_;
};

}  // namespace bench
