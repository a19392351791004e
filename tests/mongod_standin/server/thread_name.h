// Stand-in: names of threads in the log.
#pragma once

#include <string>
#include <utility>

#include "base.h"

namespace mongo {

inline std::string& standinThreadName() {
    thread_local std::string name = "thread1";
    return name;
}

#if STANDIN_LINE >= 800
inline void setThreadName(std::string name) {
    standinThreadName() = std::move(name);
}
#else
inline void setThreadName(StringData name) {
    standinThreadName() = std::string(name.rawData(), name.size());
}
#endif

}  // namespace mongo
