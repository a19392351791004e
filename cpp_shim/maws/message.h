// Texts for operators. A component keeps all of its own in one header (messages.h), from which
// docs/troubleshooting.md is checked: what is not explained there cannot be said.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "maws/result.h"

namespace maws {

// One line for an operator, with a named place such as {path} for each value.
struct Message {
    std::string_view text;

    constexpr explicit Message(std::string_view words) noexcept : text(words) {}

    constexpr std::size_t places() const noexcept {
        std::size_t count = 0;
        for (const char c : text) count += c == '{' ? 1 : 0;
        return count;
    }
};

namespace detail {

inline std::string word_of(std::string_view value) {
    return std::string(value);
}
template <class Number, class = std::enable_if_t<std::is_integral_v<Number>>>
std::string word_of(Number value) {
    return std::to_string(value);
}

inline std::string fill(std::string_view text, std::initializer_list<std::string> values) {
    std::string line;
    for (const std::string& value : values) {
        const std::size_t open = text.find('{');
        line.append(text.substr(0, open)).append(value);
        text.remove_prefix(text.find('}', open) + 1);
    }
    return line.append(text);
}

}  // namespace detail

// The line with these values in its places.
template <const Message& M, class... Values>
std::string say(const Values&... values) {
    static_assert(M.places() == sizeof...(Values), "one value for each place");
    return detail::fill(M.text, {detail::word_of(values)...});
}

template <const Message& M, class... Values>
Error make_error(maws_status status, const Values&... values) {
    return Error{status, say<M>(values...), 0};
}

}  // namespace maws
