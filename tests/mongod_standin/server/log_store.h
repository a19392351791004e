// Stand-in: where log lines go, for the tests to read.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace standin {

enum class Severity { kDebug, kInfo, kWarning, kError };

struct Line {
    Severity severity = Severity::kInfo;
    std::string text;    // message and attributes
    std::string thread;  // as the log calls it
};

class Log {
 public:
    void write(Severity severity, std::string text, std::string thread) {
        const std::lock_guard<std::mutex> lock(mutex_);
        lines_.push_back({severity, std::move(text), std::move(thread)});
    }
    std::vector<Line> take() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return std::exchange(lines_, {});
    }
    std::atomic<bool> debug{false};

 private:
    std::mutex mutex_;
    std::vector<Line> lines_;
};

inline Log theLog;

}  // namespace standin
