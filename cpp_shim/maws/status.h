// What the numbers of the C interface mean to a host: groups of outcomes and levels of logging.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "maws/abi.h"

namespace maws {

// Who has to act when a call did not succeed. A host chooses its own error code by the group;
// a status without a name in this header belongs to a group all the same.
enum class Group {
    kProgress,     // 0 and above: no failure
    kHost,         // this host, or its operator's settings
    kClient,       // the client that wants to log in
    kEnvironment,  // network, STS, load, the operating system: a later login may succeed
    kPlugin,       // a fault of the plugin, or a number from no known range
};

constexpr Group group_of(maws_status status) noexcept {
    if (status >= 0) return Group::kProgress;
    if (status >= -19) return Group::kHost;
    if (status >= -39) return Group::kClient;
    if (status >= -59) return Group::kEnvironment;
    return Group::kPlugin;
}

constexpr std::string_view group_name(Group group) noexcept {
    switch (group) {
        case Group::kProgress:
            return "progress";
        case Group::kHost:
            return "host";
        case Group::kClient:
            return "client";
        case Group::kEnvironment:
            return "environment";
        case Group::kPlugin:
            break;
    }
    return "plugin";
}

// Maps a level of the plugin to one of the host's own four. A level without a name here, from a
// newer plugin, goes to the nearest known one.
template <class T>
constexpr T map_level(std::int32_t level, T debug, T info, T warning, T error) noexcept {
    if (level <= MAWS_LOG_DEBUG) return debug;
    if (level == MAWS_LOG_INFO) return info;
    if (level == MAWS_LOG_WARNING) return warning;
    return error;
}

constexpr std::string_view level_name(std::int32_t level) noexcept {
    return map_level<std::string_view>(level, "debug", "info", "warning", "error");
}

// The level of this name (debug, info, warning, error, off), as a threshold for the plugin.
constexpr std::optional<std::int32_t> level_of(std::string_view name) noexcept {
    if (name == "debug") return MAWS_LOG_DEBUG;
    if (name == "info") return MAWS_LOG_INFO;
    if (name == "warning") return MAWS_LOG_WARNING;
    if (name == "error") return MAWS_LOG_ERROR;
    if (name == "off") return MAWS_LOG_OFF;
    return std::nullopt;
}

}  // namespace maws
