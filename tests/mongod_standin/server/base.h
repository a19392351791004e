// Stand-in: texts, statuses and time. STANDIN_LINE is the line: 402, 404, 500 (to 6.0), 700, 800,
// 900 (master).
#pragma once

#include <boost/optional.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace mongo {

#if STANDIN_LINE >= 900
using StringData = std::string_view;
#else
class StringData {
 public:
    constexpr StringData() = default;
    StringData(const char* text) : StringData(text, std::strlen(text)) {}
    StringData(const std::string& text) : StringData(text.data(), text.size()) {}
    constexpr StringData(const char* text, std::size_t size) : text_(text), size_(size) {}
#if STANDIN_LINE >= 700
    constexpr const char* data() const {
        return text_;
    }
#endif
    constexpr const char* rawData() const {
        return text_;
    }
    constexpr std::size_t size() const {
        return size_;
    }
    constexpr const char* begin() const {
        return text_;
    }
    constexpr const char* end() const {
        return text_ + size_;
    }
    bool operator==(const StringData& other) const {
        return std::string_view(text_, size_) == std::string_view(other.text_, other.size_);
    }

 private:
    const char* text_ = nullptr;
    std::size_t size_ = 0;
};
#endif

class ErrorCodes {
 public:
    enum Error : std::int32_t {
        OK = 0,
        InternalError = 1,
        BadValue = 2,
        HostUnreachable = 6,
        UnknownError = 8,
        AuthenticationFailed = 18,
        MaxTimeMSExpired = 50,
        OperationFailed = 96,
        ExceededTimeLimit = 262,
        ClientDisconnect = 279,
        Interrupted = 11601,
        InterruptedAtShutdown = 11600,
        InterruptedDueToReplStateChange = 11602,
    };
};

class [[nodiscard]] Status {
 public:
    Status(ErrorCodes::Error code, std::string reason) : code_(code), reason_(std::move(reason)) {}
    static Status OK() { return Status(); }
    bool isOK() const { return code_ == ErrorCodes::OK; }
    ErrorCodes::Error code() const { return code_; }
    const std::string& reason() const { return reason_; }

 private:
    Status() = default;
    ErrorCodes::Error code_ = ErrorCodes::OK;
    std::string reason_;
};

template <class T>
class [[nodiscard]] StatusWith {
 public:
    StatusWith(Status status) : status_(std::move(status)) {}
    StatusWith(T value) : status_(Status::OK()), value_(std::move(value)) {}
    bool isOK() const { return status_.isOK(); }
    const Status& getStatus() const { return status_; }
    const T& getValue() const { return *value_; }

 private:
    Status status_;
    std::optional<T> value_;
};

class DBException : public std::exception {
 public:
    explicit DBException(Status status) : status_(std::move(status)) {}
    const char* what() const noexcept override { return status_.reason().c_str(); }
    const Status& toStatus() const { return status_; }

 private:
    Status status_;
};

inline void uassertStatusOK(const Status& status) {
    if (!status.isOK()) throw DBException(status);
}

inline Status exceptionToStatus() noexcept {
    try {
        throw;
    } catch (const DBException& error) {
        return error.toStatus();
    } catch (const std::exception& error) {
        return Status(ErrorCodes::UnknownError, error.what());
    }
}

using Seconds = std::chrono::seconds;

class Date_t {
 public:
    static Date_t now() { return Date_t(std::chrono::system_clock::now()); }
    static Date_t max() { return Date_t(std::chrono::system_clock::time_point::max()); }
    Date_t operator+(Seconds seconds) const { return Date_t(at_ + seconds); }
    bool operator<(Date_t other) const { return at_ < other.at_; }
    bool operator==(Date_t other) const { return at_ == other.at_; }

 private:
    explicit Date_t(std::chrono::system_clock::time_point at) : at_(at) {}
    std::chrono::system_clock::time_point at_;
};

class Timer {
 public:
    void reset() { began_ = std::chrono::steady_clock::now(); }
    int millis() const {
        const auto took = std::chrono::steady_clock::now() - began_;
        return static_cast<int>(
            std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    }

 private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace mongo
