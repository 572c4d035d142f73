// Reading JSON that may be hostile: bounded, without exceptions, the first mistake kept with its path.
#ifndef MLC_RUNTIME_JSON_H
#define MLC_RUNTIME_JSON_H

#include "runtime/Status.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlc {

/// Keeps the order of keys, so that what is printed is deterministic.
using Json = nlohmann::ordered_json;

/// One JSON value and nothing else. Nesting beyond 32 levels and repeated keys are errors. `where` names the
/// origin in messages. Takes time in proportion to the text, whatever is in it.
Expected<Json> parseJson(std::string_view text, std::string_view where);

/// As parseJson of an object, but gives its members to `visit` one by one, in order, and keeps none: for an
/// object with a million of them. A failure of `visit` ends it. Repeated names of the members themselves are
/// for `visit` to notice, which has to keep the names in any case.
Status visitMembers(std::string_view text, std::string_view where,
                    const std::function<Status(const std::string &name, const Json &value)> &visit);

/// Two spaces a level, a newline at the end; invalid UTF-8 is replaced.
std::string printJson(const Json &value);

/// A number that need not be finite: JSON has no infinities, so those are printed as text.
Json jsonNumber(double value);

/// Typed access to an object's members. A missing member or one of another type gives a neutral value and
/// sets the shared status, once: check it after reading everything.
class JsonObject {
public:
  /// `status` outlives the object; `where` is the path used in messages.
  JsonObject(const Json &value, std::string where, Status &status);

  bool has(const char *key) const { return find(key) != nullptr; }
  bool holdsObject(const char *key) const;
  std::string text(const char *key);
  int64_t integer(const char *key, int64_t least = 0, int64_t most = std::numeric_limits<int64_t>::max());
  uint64_t natural(const char *key);
  double number(const char *key);
  bool boolean(const char *key);
  std::vector<int64_t> integers(const char *key);
  std::vector<std::string> texts(const char *key);
  /// An object whose members are all strings.
  std::map<std::string, std::string> textMap(const char *key);
  /// The members of this object, if they are all strings.
  std::map<std::string, std::string> texts();
  JsonObject object(const char *key);
  /// Calls visit(JsonObject) for each element of the array.
  template <typename Visit> void each(const char *key, Visit visit) {
    const Json *array = require(key);
    if (!array || !array->is_array())
      return fail(key, "is not a list");
    size_t i = 0;
    for (const Json &element : *array)
      visit(JsonObject(element, where_ + "." + key + "[" + std::to_string(i++) + "]", status_));
  }
  /// Records a mistake about member `key`.
  void fail(const char *key, const std::string &what);

private:
  const Json *find(const char *key) const;
  const Json *require(const char *key);

  using Index = std::unordered_map<std::string_view, const Json *>;

  const Json *object_ = nullptr;
  mutable std::shared_ptr<const Index> index_; ///< of an object with many members, once one is looked for
  std::string where_;
  Status &status_;
};

} // namespace mlc
#endif
