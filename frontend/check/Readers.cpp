// The readers of a data block, and whether its fields are what they deliver.
#include "frontend/check/TrainBlock.h"
#include "frontend/syntax/ForeignNames.h"
#include "runtime/data/MostFiles.h"

#include <algorithm>

namespace mlc::frontend {
namespace {

/// What is wrong with the fields for a reader: the message, where (a field's index; -1: the reader), and what
/// the reader delivers. Empty message: nothing.
struct Misfit {
  std::string message;
  int field = -1;
  std::string wanted = {};
};

struct Schema {
  const std::vector<core::Field> &fields;
  const core::Reader &reader;

  std::optional<double> option(const std::string &name) const {
    for (const auto &[key, value] : reader.options)
      if (key == name)
        return value;
    return std::nullopt;
  }
  size_t rank(size_t i) const { return fields[i].type.shape.size(); }
  int64_t size(size_t i, size_t axis) const { return fields[i].type.shape[axis].at(1); }
  bool isNumber(size_t i) const { return rank(i) == 0; }
  /// The fields after the first must be single numbers, as labels are.
  Misfit labels(size_t from, const char *wanted) const {
    for (size_t i = from; i < fields.size(); ++i)
      if (!isNumber(i))
        return {"a label is a single number", int(i), wanted};
    return {};
  }
  Misfit atMost(size_t most, const char *wanted) const {
    if (fields.size() <= most)
      return {};
    return {"`" + reader.kind + "` has no more than " + std::to_string(most) + " fields", int(most), wanted};
  }
};

Misfit fileForEach(const Schema &schema) {
  size_t files = schema.reader.files.size(), fields = schema.fields.size();
  if (files == fields)
    return {};
  return {"`" + schema.reader.kind + "` takes one file for each field, in order: " + std::to_string(files) +
          (files == 1 ? " file" : " files") + " for " + std::to_string(fields) +
          (fields == 1 ? " field" : " fields")};
}

Misfit cifar(const Schema &schema) {
  const char *wanted = "`cifar` delivers a picture u8[32, 32, 3] and one or two labels";
  bool picture = schema.rank(0) == 3 && schema.size(0, 0) == 32 && schema.size(0, 1) == 32 &&
                 schema.size(0, 2) == 3 && schema.fields[0].categories == 0;
  if (!picture)
    return {"the pictures of `cifar` are [32, 32, 3]", 0, wanted};
  Misfit many = schema.atMost(3, wanted);
  return many.message.empty() ? schema.labels(1, wanted) : many;
}

Misfit text(const Schema &schema) {
  const char *wanted = "`text` delivers a window of bytes, and the window one byte later";
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const core::Field &field = schema.fields[i];
    if (schema.rank(i) != 1 || (field.type.dtype != DType::I32 && field.type.dtype != DType::U8))
      return {"a window of a text is a vector of i32 or u8", int(i), wanted};
    if (schema.size(i, 0) != schema.size(0, 0))
      return {"both windows of a text have one length", int(i), wanted};
  }
  return schema.atMost(2, wanted);
}

Misfit images(const Schema &schema) {
  std::optional<double> size = schema.option("size");
  if (!size)
    return {"`images` needs `size = N`, the side of its pictures"};
  std::string side = std::to_string(int64_t(*size));
  const char *wanted = "`images` delivers a picture and a label";
  bool picture = schema.rank(0) == 3 && schema.size(0, 0) == *size && schema.size(0, 1) == *size &&
                 (schema.size(0, 2) == 3 || schema.size(0, 2) == 1) && schema.fields[0].categories == 0;
  if (!picture)
    return {"the pictures of this `images` are [" + side + ", " + side + ", 3], or 1 for grey", 0, wanted};
  Misfit many = schema.atMost(2, wanted);
  if (!many.message.empty())
    return many;
  if (schema.fields.size() == 2 && (!schema.isNumber(1) || schema.fields[1].type.dtype != DType::I32))
    return {"the label of `images` is i32 or a category", 1, wanted};
  return {};
}

struct ReaderKind {
  const char *name;
  const char *call;                  // for messages
  size_t least, most;                // strings: files or folders
  std::vector<const char *> options; // numbers by name
  std::vector<const char *> texts;   // strings by name
  bool columns;                      // fields may name columns
  bool words;                        // values may be dates and words
  Misfit (*check)(const Schema &);   // may be null
};

const std::vector<ReaderKind> &readerKinds() {
  static const std::vector<ReaderKind> kinds = {
      {"idx", "idx(images, labels)", 1, mostFiles, {}, {}, false, false, fileForEach},
      {"csv", "csv(file, separator = \";\")", 1, 1, {}, {"separator"}, true, true, nullptr},
      {"cifar", "cifar(files...)", 1, mostFiles, {}, {}, false, false, cifar},
      {"images", "images(dir, size = N)", 1, 1, {"size"}, {}, false, false, images},
      {"npy", "npy(files...)", 1, mostFiles, {}, {}, false, false, fileForEach},
      {"npz", "npz(file)", 1, 1, {}, {}, true, false, nullptr},
      {"text", "text(file, stride = N)", 1, 1, {"stride"}, {}, false, false, text},
      {"host", "host()", 0, 0, {}, {}, false, true, nullptr},
  };
  return kinds;
}

bool unknownOption(Elaborator &elaborator, const ReaderKind &kind, const Ident &name,
                   const std::vector<std::string> &options) {
  DiagnosticBuilder builder =
      elaborator.report(DiagnosticCode::E0403, name.span,
                        "the reader `" + std::string(kind.name) + "` has no option `" + name.text + "`");
  builder.label("it is `" + std::string(kind.call) + "`");
  if (std::optional<std::string> help = foreignOptionHelp(name.text, options))
    builder.help(*help);
  else if (std::optional<std::string> meant = didYouMean(name.text, options))
    builder.help("did you mean `" + *meant + "`?");
  return false;
}

} // namespace

bool TrainBlock::reader(const Reader &reader, core::Reader &result) {
  const auto *node = as<CallExpr>(*reader.reader);
  auto wrong = [&](Span span, const std::string &message) {
    elaborator.fail(DiagnosticCode::E0403, span, message);
    return false;
  };
  if (!node || node->cast)
    return wrong(reader.reader->span, "a reader stands here, such as `csv(\"file.csv\")`");
  const std::vector<ReaderKind> &kinds = readerKinds();
  const std::string &name = node->call.callee.text;
  auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const ReaderKind &kind) { return name == kind.name; });
  if (kind == kinds.end()) {
    std::vector<std::string> names;
    std::string all;
    for (const ReaderKind &each : kinds) {
      names.push_back(each.name);
      all += (all.empty() ? "" : ", ") + names.back();
    }
    DiagnosticBuilder builder =
        elaborator.report(DiagnosticCode::E0403, node->call.callee.span, "unknown reader `" + name + "`");
    builder.label("readers are " + all);
    if (std::optional<std::string> help = foreignReaderHelp(name))
      builder.help(*help);
    else if (std::optional<std::string> meant = didYouMean(name, names))
      builder.help("did you mean `" + *meant + "`?");
    return false;
  }
  result.kind = name;
  result.span = reader.span;
  Env env{elaborator.root->scope, "", ""};
  std::vector<std::string> options(kind->options.begin(), kind->options.end());
  options.insert(options.end(), kind->texts.begin(), kind->texts.end());
  for (const Arg &arg : node->call.args) {
    if (arg.name && std::find(options.begin(), options.end(), arg.name->text) == options.end())
      return unknownOption(elaborator, *kind, *arg.name, options);
    Value value = elaborator.expression(*arg.value, env);
    if (value.isError())
      return false;
    if (!arg.name) {
      if (value.kind != Value::String)
        return wrong(arg.span,
                     "`" + name + "` takes the names of files, and this is " + elaborator.describe(value));
      result.files.push_back(value.text);
      continue;
    }
    bool isText = std::any_of(kind->texts.begin(), kind->texts.end(),
                              [&](const char *text) { return arg.name->text == text; });
    if (isText) {
      if (value.kind != Value::String)
        return wrong(arg.span,
                     "`" + arg.name->text + "` is a text, and this is " + elaborator.describe(value));
      // The one option of this kind so far.
      if (value.text != "tab" && (value.text.size() != 1 || value.text == "\""))
        return wrong(arg.value->span, "`separator` is one character, such as `\";\"`, or `\"tab\"`");
      result.texts.emplace_back(arg.name->text, value.text);
      continue;
    }
    std::optional<int64_t> number =
        elaborator.wholeNumber(value, arg.value->span, "`" + arg.name->text + "`");
    if (!number)
      return false;
    if (*number < 1 || *number > 1 << 24)
      return wrong(arg.value->span, "`" + arg.name->text + "` is 1 or more");
    result.options.emplace_back(arg.name->text, double(*number));
  }
  if (kind->most > 1 && result.files.size() > kind->most)
    return wrong(node->span, "`" + name + "` takes " + std::to_string(kind->most) +
                                 " files at most, and these are " + std::to_string(result.files.size()));
  if (result.files.size() < kind->least || result.files.size() > kind->most)
    return wrong(node->span, kind->most == 0   ? "`" + name + "` takes no file"
                             : kind->most == 1 ? "`" + name + "` takes the name of one file"
                                               : "`" + name + "` takes the names of its files");
  return true;
}

/// Whether the fields are what each reader delivers.
bool TrainBlock::schema() {
  bool good = true;
  for (const auto &split : program.splits) {
    const core::Reader &reader = split.second;
    const ReaderKind &kind = *std::find_if(readerKinds().begin(), readerKinds().end(),
                                           [&](const ReaderKind &each) { return reader.kind == each.name; });
    for (const core::Field &field : program.fields) {
      if (!kind.words && !field.coding.empty() && field.coding != "category") {
        elaborator
            .report(DiagnosticCode::E0404, field.span,
                    "`" + reader.kind + "` has no text that `" + field.coding + "` could be made of")
            .note(reader.span, "`csv` has");
        good = false;
      }
      if (!kind.columns && !field.columns.empty()) {
        elaborator
            .report(DiagnosticCode::E0404, field.span,
                    "`" + reader.kind + "` has no names, so the field `" + field.name + "` cannot give one")
            .note(reader.span, "fields bind to what it delivers in order");
        good = false;
      }
    }
    Misfit misfit = kind.check ? kind.check({program.fields, reader}) : Misfit{};
    if (misfit.message.empty())
      continue;
    good = false;
    if (misfit.field < 0)
      elaborator.fail(DiagnosticCode::E0403, reader.span, misfit.message);
    else
      elaborator.report(DiagnosticCode::E0404, program.fields[size_t(misfit.field)].span, misfit.message)
          .note(reader.span, misfit.wanted);
  }
  return good;
}

} // namespace mlc::frontend
