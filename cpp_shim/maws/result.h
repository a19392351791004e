// Result<T>: a value, or an Error that says what failed and why.
//
// The shim reports failures by value, so that a host can turn them into its own status type
// without a try block. Nothing here throws, except that copying text may throw std::bad_alloc.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "maws/abi.h"

namespace maws {

// Why something failed. The message is one line for the operator, never for a client, and holds
// no secret. The reason is the plugin's stable number, 0 where it gave none.
struct Error {
    maws_status status = MAWS_E_INTERNAL;
    std::string message;
    std::uint32_t reason = 0;
};

// Holds a T or an Error. value() needs ok(), error() needs !ok(): a call that breaks this rule
// terminates the process.
template <class T>
class [[nodiscard]] Result {
 public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    T& value() & noexcept { return std::get<0>(content_); }
    const T& value() const& noexcept { return std::get<0>(content_); }
    T&& value() && noexcept { return std::get<0>(std::move(content_)); }

    const Error& error() const noexcept { return std::get<1>(content_); }

 private:
    std::variant<T, Error> content_;
};

// The Result of something that gives no value.
template <>
class [[nodiscard]] Result<void> {
 public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), ok_(false) {}

    bool ok() const noexcept { return ok_; }
    explicit operator bool() const noexcept { return ok_; }
    const Error& error() const noexcept { return error_; }

 private:
    Error error_{MAWS_DONE, {}, 0};
    bool ok_ = true;
};

}  // namespace maws
