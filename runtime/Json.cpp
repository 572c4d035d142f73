#include "runtime/Json.h"

#include "runtime/Number.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace mlc {
namespace {

constexpr size_t maxNesting = 32;

/// Objects with more members than this are looked up by hash.
constexpr size_t manyMembers = 16;

using Visit = std::function<Status(const std::string &name, const Json &value)>;

/// Puts together a value from the parser's events. The library's own way takes the square of the number of
/// members: its objects are searched from the front for every key, and with a callback, which alone tells of
/// repeated keys, once more for every member that is itself an object.
class Builder {
public:
  explicit Builder(const Visit *visit) : visit_(visit) {}

  Json takeValue() { return std::move(value_); }
  /// What ended parsing; ok if it was a mistake in the text, or none.
  const Status &status() const { return status_; }
  /// The key that came twice.
  const std::string *repeated() const { return isRepeated_ ? &repeated_ : nullptr; }
  bool isTooDeep() const { return isTooDeep_; }
  bool isNoObject() const { return isNoObject_; }

  // The events that the library knows by these names.
  using binary_t = Json::binary_t;
  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) { return put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return put(value); }
  bool number_float(Json::number_float_t value, const std::string &) { return put(value); }
  bool string(std::string &value) { return put(std::move(value)); }
  bool binary(binary_t &) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string &key) {
    Open &object = open_.back();
    object.key = std::move(key);
    if (visits() || isNew(object))
      return true;
    isRepeated_ = true;
    repeated_ = object.key;
    return false;
  }
  bool parse_error(size_t, const std::string &, const Json::exception &) { return false; }

private:
  struct Open {
    Json value;
    std::string key;
    std::unordered_set<std::string> keys; ///< of an object with many
  };

  bool visits() const { return visit_ && open_.size() == 1 && !isNoObject_; }

  static bool isNew(Open &object) {
    const auto &members = object.value.get_ref<const Json::object_t &>();
    if (members.size() <= manyMembers)
      return std::none_of(members.begin(), members.end(),
                          [&](const auto &member) { return member.first == object.key; });
    if (object.keys.empty())
      for (const auto &member : members)
        object.keys.insert(member.first);
    return object.keys.insert(object.key).second;
  }

  bool open(Json value) {
    if (open_.size() == maxNesting) {
      isTooDeep_ = true;
      return false;
    }
    if (open_.empty())
      isNoObject_ = !value.is_object();
    open_.push_back({std::move(value), {}, {}});
    return true;
  }

  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return put(std::move(value));
  }

  bool put(Json value) {
    if (open_.empty()) {
      isNoObject_ = !value.is_object();
      value_ = std::move(value);
      return true;
    }
    Open &into = open_.back();
    if (visits()) {
      status_ = (*visit_)(into.key, value);
      return status_.isOk();
    }
    if (into.value.is_array())
      into.value.get_ref<Json::array_t &>().push_back(std::move(value));
    else
      into.value.get_ref<Json::object_t &>().emplace_back(std::move(into.key), std::move(value));
    return true;
  }

  const Visit *visit_;
  std::vector<Open> open_;
  Json value_;
  Status status_;
  std::string repeated_;
  bool isRepeated_ = false, isTooDeep_ = false, isNoObject_ = false;
};

/// The value, or what is wrong with the text.
Expected<Json> parse(std::string_view text, std::string_view where, const Visit *visit) {
  std::string place(where);
  Builder builder(visit);
  bool isWhole = Json::sax_parse(text.begin(), text.end(), &builder);
  if (!builder.status().isOk())
    return builder.status();
  if (builder.isTooDeep())
    return Status::badData("JSON nests too deep, " + place);
  if (builder.repeated())
    return Status::badData("'" + *builder.repeated() + "' appears twice, " + place);
  if (!isWhole)
    return Status::badData("not valid JSON, " + place);
  if (visit && builder.isNoObject())
    return Status::badData(place + " is not an object");
  return builder.takeValue();
}

} // namespace

Expected<Json> parseJson(std::string_view text, std::string_view where) {
  return parse(text, where, nullptr);
}

Status visitMembers(std::string_view text, std::string_view where, const Visit &visit) {
  return parse(text, where, &visit).status();
}

std::string printJson(const Json &value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json jsonNumber(double value) {
  if (std::isfinite(value))
    return value;
  return printNumber(value);
}

JsonObject::JsonObject(const Json &value, std::string where, Status &status)
    : where_(std::move(where)), status_(status) {
  if (value.is_object())
    object_ = &value;
  else if (status_.isOk())
    status_ = Status::badData(where_ + " is not an object");
}

const Json *JsonObject::find(const char *key) const {
  if (!object_)
    return nullptr;
  const auto &members = object_->get_ref<const Json::object_t &>();
  if (members.size() <= manyMembers) {
    auto it = members.find(key);
    return it == members.end() ? nullptr : &it->second;
  }
  if (!index_) {
    auto index = std::make_shared<Index>(members.size());
    for (const auto &[name, value] : members)
      index->emplace(name, &value);
    index_ = std::move(index);
  }
  auto it = index_->find(key);
  return it == index_->end() ? nullptr : it->second;
}

const Json *JsonObject::require(const char *key) {
  const Json *value = find(key);
  if (!value)
    fail(key, "is missing");
  return value;
}

void JsonObject::fail(const char *key, const std::string &what) {
  if (status_.isOk())
    status_ = Status::badData(where_ + "." + key + " " + what);
}

bool JsonObject::holdsObject(const char *key) const {
  const Json *value = find(key);
  return value && value->is_object();
}

std::string JsonObject::text(const char *key) {
  const Json *value = require(key);
  if (value && value->is_string())
    return value->get<std::string>();
  fail(key, "is not a string");
  return {};
}

/// The value as an integer in range, or nothing.
static std::optional<int64_t> asInteger(const Json &value, int64_t least, int64_t most) {
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(most < 0 ? 0 : most))
    return std::nullopt;
  if (!value.is_number_integer())
    return std::nullopt;
  int64_t integer = value.get<int64_t>();
  if (integer < least || integer > most)
    return std::nullopt;
  return integer;
}

int64_t JsonObject::integer(const char *key, int64_t least, int64_t most) {
  const Json *value = require(key);
  if (value)
    if (std::optional<int64_t> integer = asInteger(*value, least, most))
      return *integer;
  fail(key, "is not an integer in range");
  return least;
}

uint64_t JsonObject::natural(const char *key) {
  const Json *value = require(key);
  if (value && value->is_number_unsigned())
    return value->get<uint64_t>();
  // Integers built in memory are signed even when they are not negative.
  if (value && value->is_number_integer() && value->get<int64_t>() >= 0)
    return static_cast<uint64_t>(value->get<int64_t>());
  fail(key, "is not a natural number");
  return 0;
}

double JsonObject::number(const char *key) {
  const Json *value = require(key);
  if (value && value->is_number())
    return value->get<double>();
  if (value && value->is_string())
    if (std::optional<double> number = parseF64(value->get_ref<const std::string &>()))
      return *number;
  fail(key, "is not a number");
  return 0;
}

bool JsonObject::boolean(const char *key) {
  const Json *value = require(key);
  if (value && value->is_boolean())
    return value->get<bool>();
  fail(key, "is not true or false");
  return false;
}

std::vector<int64_t> JsonObject::integers(const char *key) {
  std::vector<int64_t> result;
  const Json *value = require(key);
  if (!value || !value->is_array()) {
    fail(key, "is not a list");
    return result;
  }
  for (const Json &element : *value) {
    std::optional<int64_t> integer = asInteger(element, 0, std::numeric_limits<int64_t>::max());
    if (!integer)
      fail(key, "holds something that is not a natural number");
    result.push_back(integer.value_or(0));
  }
  return result;
}

std::vector<std::string> JsonObject::texts(const char *key) {
  std::vector<std::string> result;
  const Json *value = require(key);
  if (!value || !value->is_array()) {
    fail(key, "is not a list");
    return result;
  }
  for (const Json &element : *value) {
    if (element.is_string())
      result.push_back(element.get<std::string>());
    else
      fail(key, "holds something that is not a string");
  }
  return result;
}

std::map<std::string, std::string> JsonObject::textMap(const char *key) { return object(key).texts(); }

std::map<std::string, std::string> JsonObject::texts() {
  std::map<std::string, std::string> result;
  if (!object_)
    return result;
  for (const auto &[name, value] : object_->get_ref<const Json::object_t &>()) {
    if (value.is_string())
      result[name] = value.get<std::string>();
    else
      fail(name.c_str(), "is not a string");
  }
  return result;
}

JsonObject JsonObject::object(const char *key) {
  static const Json empty = Json::object();
  const Json *value = require(key);
  return JsonObject(value ? *value : empty, where_ + "." + key, status_);
}

} // namespace mlc
