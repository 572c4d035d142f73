#include "runtime/Json.h"

#include "runtime/Number.h"

#include <cmath>
#include <set>

namespace mlc {
namespace {

constexpr int maxNesting = 32;

/// Counts brackets outside strings, so that the parser never sees a text that nests too deep.
bool nestsTooDeep(std::string_view text) {
  int depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > maxNesting)
        return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

} // namespace

Expected<Json> parseJson(std::string_view text, std::string_view where) {
  std::string place(where);
  if (nestsTooDeep(text))
    return Status::badData("JSON nests too deep, " + place);
  std::vector<std::set<std::string>> keys;
  std::string repeated;
  bool anyRepeated = false;
  auto watch = [&](int, Json::parse_event_t event, Json &parsed) {
    if (event == Json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == Json::parse_event_t::object_end && !keys.empty())
      keys.pop_back();
    else if (event == Json::parse_event_t::key && !keys.empty()) {
      const auto &key = parsed.get_ref<const std::string &>();
      if (!keys.back().insert(key).second && !anyRepeated) {
        anyRepeated = true;
        repeated = key;
      }
    }
    return true;
  };
  Json value = Json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (value.is_discarded())
    return Status::badData("not valid JSON, " + place);
  if (anyRepeated)
    return Status::badData("'" + repeated + "' appears twice, " + place);
  return value;
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
  auto it = object_->find(key);
  return it == object_->end() ? nullptr : &*it;
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

std::map<std::string, std::string> JsonObject::textMap(const char *key) {
  std::map<std::string, std::string> result;
  const Json *value = require(key);
  if (!value || !value->is_object()) {
    fail(key, "is not an object");
    return result;
  }
  for (auto it = value->begin(); it != value->end(); ++it) {
    if (it->is_string())
      result[it.key()] = it->get<std::string>();
    else
      fail(key, "holds something that is not a string");
  }
  return result;
}

JsonObject JsonObject::object(const char *key) {
  static const Json empty = Json::object();
  const Json *value = require(key);
  return JsonObject(value ? *value : empty, where_ + "." + key, status_);
}

} // namespace mlc
