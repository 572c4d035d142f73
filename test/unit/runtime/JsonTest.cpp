#include "runtime/Json.h"
#include "Growth.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// {"k0": {"a": 0}, "k1": {"a": 1}, ...}
std::string manyMembers(int64_t count) {
  std::string text = "{";
  for (int64_t i = 0; i < count; ++i)
    text += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":{\"a\":" + std::to_string(i) + "}";
  return text + "}";
}

std::string wrong(const std::string &text) { return parseJson(text, "x").status().message(); }

std::vector<std::string> visited;
Status visit(const std::string &name, const Json &value) {
  visited.push_back(name + value.dump());
  return name == "stop" ? Status::badData("enough") : Status();
}

} // namespace

TEST(Json, ReadsWhatTheFormatHas) {
  std::string text = R"({"z":[1,-2,2.5,true,null,"\u00e9"],"a":{"b":{},"c":[]},"n":18446744073709551615})";
  Expected<Json> json = parseJson(text, "x");
  ASSERT_TRUE(json) << json.status().message();
  EXPECT_EQ(json->dump(), Json::parse(text).dump()); // in the same order
  EXPECT_EQ(parseJson(" 7 ", "x")->get<int>(), 7);
}

TEST(Json, MistakesAreSaid) {
  for (const char *text :
       {"", "{", "[1,]", "{\"a\":1,}", "{\"a\"}", "1 2", "[1e999]", "\"\xff\"", "nul", "{1:2}"})
    EXPECT_EQ(wrong(text), "not valid JSON, x") << text;
  EXPECT_EQ(wrong(R"({"a":1,"b":{"c":1,"c":2}})"), "'c' appears twice, x");
  EXPECT_TRUE(parseJson(R"([{"a":1},{"a":1}])", "x"));
  std::string many = manyMembers(40);
  EXPECT_EQ(wrong(many.substr(0, many.size() - 1) + ",\"k39\":1}"), "'k39' appears twice, x");
  EXPECT_EQ(wrong(many.substr(0, many.size() - 1) + ",\"k0\":1}"), "'k0' appears twice, x");
  EXPECT_TRUE(parseJson(std::string(32, '[') + std::string(32, ']'), "x"));
  EXPECT_EQ(wrong(std::string(33, '[') + std::string(33, ']')), "JSON nests too deep, x");
}

TEST(Json, ManyMembersAreFound) {
  Expected<Json> json = parseJson(manyMembers(1000), "x");
  ASSERT_TRUE(json);
  Status status;
  JsonObject object(*json, "x", status);
  EXPECT_EQ(object.object("k999").integer("a"), 999);
  EXPECT_FALSE(object.has("k1000"));
  EXPECT_TRUE(status.isOk());
  EXPECT_EQ(object.integer("nothing"), 0);
  EXPECT_EQ(status.message(), "x.nothing is missing");
}

TEST(Json, MembersAreVisitedOneByOne) {
  visited.clear();
  EXPECT_TRUE(visitMembers(R"({"b":{"c":[1]},"a":2,"a":3})", "x", visit).isOk());
  EXPECT_THAT(visited, ElementsAre("b{\"c\":[1]}", "a2", "a3"));
  visited.clear();
  EXPECT_EQ(visitMembers(R"({"stop":1,"b":2})", "x", visit).message(), "enough");
  EXPECT_THAT(visited, ElementsAre("stop1"));
  EXPECT_EQ(visitMembers("[]", "x", visit).message(), "x is not an object");
  EXPECT_EQ(visitMembers("7", "x", visit).message(), "x is not an object");
  EXPECT_EQ(visitMembers(R"({"a":{"b":1,"b":1}})", "x", visit).message(), "'b' appears twice, x");
  EXPECT_EQ(visitMembers(R"({"a":1)", "x", visit).message(), "not valid JSON, x");
  EXPECT_TRUE(visitMembers("{}", "x", visit).isOk());
}

TEST(Json, TimeIsProportionalToMembers) {
  expectLinear(5000, [](int64_t count) {
    Expected<Json> json = parseJson(manyMembers(count), "x");
    ASSERT_TRUE(json);
    Status status;
    JsonObject object(*json, "x", status);
    int64_t sum = 0;
    for (int64_t i = 0; i < count; ++i)
      sum += object.object(("k" + std::to_string(i)).c_str()).integer("a");
    EXPECT_EQ(sum, count * (count - 1) / 2);
  });
}
