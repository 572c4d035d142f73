// Errors are values. Nothing in the runtime throws across its borders, aborts or prints.
#ifndef MLC_RUNTIME_STATUS_H
#define MLC_RUNTIME_STATUS_H

#include <string>
#include <utility>
#include <variant>

namespace mlc {

/// What kind of failure it is. The value is the exit code of the command, except for Interrupted (128 +
/// signal).
enum class StatusCode {
  Ok = 0,
  Failed = 1,       ///< something the user did not cause
  Usage = 2,        ///< the call or the command line asks for what cannot be
  Diverged = 3,     ///< the loss became NaN or infinite
  BadData = 65,     ///< a model, data or checkpoint file says something it must not
  IO = 74,          ///< a file cannot be opened, read or written
  Interrupted = 130 ///< the caller asked to stop; what was learnt is saved
};

/// Success, or a code and a message of the form "what, where, what to do" (lower case, no full stop).
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status ok() { return {}; }
  static Status failed(std::string message) { return {StatusCode::Failed, std::move(message)}; }
  static Status usage(std::string message) { return {StatusCode::Usage, std::move(message)}; }
  static Status diverged(std::string message) { return {StatusCode::Diverged, std::move(message)}; }
  static Status badData(std::string message) { return {StatusCode::BadData, std::move(message)}; }
  static Status io(std::string message) { return {StatusCode::IO, std::move(message)}; }
  static Status interrupted(std::string message) { return {StatusCode::Interrupted, std::move(message)}; }

  bool isOk() const { return code_ == StatusCode::Ok; }
  StatusCode code() const { return code_; }
  const std::string &message() const { return message_; }

private:
  StatusCode code_ = StatusCode::Ok;
  std::string message_;
};

/// A value, or the Status that says why there is none. The status of an Expected without value is never Ok.
template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : storage_(std::in_place_index<0>, std::move(value)) {}
  Expected(Status status) : storage_(std::in_place_index<1>, std::move(status)) {}

  explicit operator bool() const { return storage_.index() == 0; }
  T &operator*() { return *std::get_if<0>(&storage_); }
  const T &operator*() const { return *std::get_if<0>(&storage_); }
  T *operator->() { return std::get_if<0>(&storage_); }
  const T *operator->() const { return std::get_if<0>(&storage_); }

  /// Ok when there is a value.
  Status status() const { return *this ? Status() : *std::get_if<1>(&storage_); }

private:
  std::variant<T, Status> storage_;
};

} // namespace mlc

/// Leaves the enclosing function with the status of `expression` unless it is Ok.
#define MLC_TRY(expression)                                                                                  \
  do {                                                                                                       \
    if (::mlc::Status mlcTryStatus = (expression); !mlcTryStatus.isOk())                                     \
      return mlcTryStatus;                                                                                   \
  } while (false)

#endif
