#include "runtime/checkpoint/Safetensors.h"
#include "FullDisk.h"
#include "Growth.h"
#include "TempFolder.h"
#include "runtime/Panels.h"
#include "runtime/checkpoint/Import.h"
#include "runtime/files/AtomicFile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

namespace fs = std::filesystem;
using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::string fileOf(const std::string &header, const std::string &data, int64_t length = -1) {
  std::string bytes;
  uint64_t n = length < 0 ? header.size() : static_cast<uint64_t>(length);
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(n >> (8 * i));
  return bytes + header + data;
}

std::string tensor(const std::string &name, const std::string &dtype, const std::string &shape,
                   const std::string &offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
         "}";
}

class SafetensorsTest : public testing::Test {
protected:
  void expectBad(const std::string &bytes, const std::string &why) {
    Expected<SafetensorsFile> file = SafetensorsFile::open(folder.write("bad.safetensors", bytes));
    ASSERT_FALSE(file) << why;
    EXPECT_EQ(file.status().code(), StatusCode::BadData);
    EXPECT_THAT(file.status().message(), HasSubstr(why));
  }
  TempFolder folder;
};

} // namespace

TEST_F(SafetensorsTest, ReadsWhatItWrote) {
  float w[] = {1, 2, 3, 4, 5, 6};
  int64_t n[] = {-7};
  uint8_t flags[] = {1, 0, 1};
  std::string path = folder.file("model.safetensors");
  ASSERT_TRUE(writeSafetensors(path,
                               {{"net.w", DType::F32, {2, 3}, reinterpret_cast<uint8_t *>(w)},
                                {"flags", DType::Bool, {3}, flags},
                                {"n", DType::I64, {}, reinterpret_cast<uint8_t *>(n)},
                                {"none", DType::U8, {0, 4}, nullptr}},
                               {{"update", "12"}})
                  .isOk());
  Expected<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->metadata().at("update"), "12");
  EXPECT_EQ(file->entries().size(), 4u);
  const auto &entry = file->entries().at("net.w");
  EXPECT_EQ(entry.type(), StoredType::F32);
  EXPECT_THAT(entry.shape, ElementsAre(2, 3));
  std::vector<float> back(6);
  ASSERT_TRUE(file->read(entry, reinterpret_cast<uint8_t *>(back.data())).isOk());
  EXPECT_THAT(back, ElementsAre(1, 2, 3, 4, 5, 6));
  int64_t number = 0;
  ASSERT_TRUE(file->read(file->entries().at("n"), reinterpret_cast<uint8_t *>(&number)).isOk());
  EXPECT_EQ(number, -7);
  // The format as others read it: the header's length, then JSON, then data at a multiple of 8.
  std::string bytes = folder.read("model.safetensors");
  EXPECT_EQ(bytes.substr(8, 16), "{\"__metadata__\":");
  EXPECT_EQ((8 + static_cast<unsigned char>(bytes[0])) % 8, 0);
}

// Files hold rows; a block of rows at a time is written, so there are more than one here.
TEST_F(SafetensorsTest, PanelsAreWrittenAsRows) {
  const int64_t rows = 700, columns = 64, panel = 16;
  std::vector<float> matrix(static_cast<size_t>(rows * columns)), panels(matrix.size()), back(matrix.size());
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      auto value = static_cast<float>(row * columns + column);
      matrix[static_cast<size_t>(row * columns + column)] = value;
      panels[static_cast<size_t>((column / panel * rows + row) * panel + column % panel)] = value;
    }
  std::vector<float> again(matrix.size());
  panelsFromRows({rows, columns, panel, 4}, reinterpret_cast<uint8_t *>(matrix.data()),
                 reinterpret_cast<uint8_t *>(again.data()));
  EXPECT_EQ(again, panels);
  TensorView view{"w", DType::F32, {rows, columns}, reinterpret_cast<uint8_t *>(panels.data()), panel};
  std::string path = folder.file("panels.safetensors");
  ASSERT_TRUE(writeSafetensors(path, {view}, {}).isOk());
  Expected<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.status().message();
  ASSERT_TRUE(file->read(file->entries().at("w"), reinterpret_cast<uint8_t *>(back.data())).isOk());
  EXPECT_EQ(back, matrix);
}

TEST_F(SafetensorsTest, HostileHeaders) {
  expectBad("", "too short");
  expectBad("1234567", "too short");
  expectBad(fileOf("{}", "", 1000), "longer than the file");
  expectBad(fileOf("{}", "", INT64_MAX), "longer than the file");
  expectBad(std::string(8, '\xff') + "{}", "longer than the file");
  expectBad(fileOf("{", ""), "not valid JSON");
  expectBad(fileOf("[]", ""), "is not an object");
  expectBad(fileOf(std::string(4000, '['), ""), "nests too deep");
  expectBad(fileOf("{\"a\":" + std::string(4000, '['), ""), "nests too deep");
  expectBad(fileOf("{\"a\":1}", ""), "a is not an object");
  expectBad(fileOf("{" + tensor("a", "F32", "[1]", "[0,4]") + "," + tensor("a", "F32", "[1]", "[0,4]") + "}",
                   "1234"),
            "'a' appears twice");
  expectBad(fileOf("{" + tensor("a", "BF16", "[1]", "[0,4]") + "}", "1234"),
            "do not agree with dtype and shape");
  expectBad(fileOf("{" + tensor("a", "F33", "[1]", "[0,8]") + "}", "1234"), "do not lie in the file");
  expectBad(fileOf("{\"__metadata__\":{},\"__metadata__\":{}}", ""), "'__metadata__' appears twice");
  expectBad(fileOf("{\"__metadata__\":{\"a\":1}}", ""), "__metadata__.a is not a string");
  expectBad(fileOf("{" + tensor("a", "F32", "[1]", "[0,8]") + "}", "1234"), "do not lie in the file");
  expectBad(fileOf("{" + tensor("a", "F32", "[1]", "[4,0]") + "}", "1234"), "do not lie in the file");
  expectBad(fileOf("{" + tensor("a", "F32", "[1]", "[-4,0]") + "}", "1234"), "natural number");
  expectBad(fileOf("{" + tensor("a", "F32", "[2]", "[0,4]") + "}", "1234"),
            "do not agree with dtype and shape");
  expectBad(fileOf("{" + tensor("a", "F32", "[4611686018427387904,4]", "[0,4]") + "}", "1234"),
            "do not agree");
  expectBad(fileOf("{" + tensor("a", "F32", "[-1]", "[0,4]") + "}", "1234"), "natural number");
  expectBad(fileOf("{" + tensor("a", "F32", "[1e3]", "[0,4]") + "}", "1234"), "natural number");
  expectBad(fileOf("{" + tensor("a", "F32", "[1]", "[0,4]") + "," + tensor("b", "F32", "[1]", "[0,4]") + "}",
                   "1234"),
            "overlap");
  expectBad(fileOf("{" + tensor("a", "F32", "[1]", "[4,8]") + "}", "12345678"), "holes");
  expectBad(fileOf("{" + tensor("a", "F32", "[1]", "[0,4]") + "}", "12345"), "more than its tensors");
  EXPECT_EQ(SafetensorsFile::open(folder.file("none")).status().code(), StatusCode::IO);
  EXPECT_EQ(SafetensorsFile::open(folder.path()).status().code(), StatusCode::IO);
}

TEST_F(SafetensorsTest, FloatsOf16BitsAreWrittenAsTheyAre) {
  uint16_t halves[] = {0x3c00, 0x0001, 0x7e01}, bfloats[] = {0xc040, 0x7f80};
  std::string path = folder.file("model.safetensors");
  ASSERT_TRUE(writeSafetensors(path,
                               {{"h", DType::F16, {3}, reinterpret_cast<uint8_t *>(halves)},
                                {"b", DType::BF16, {2}, reinterpret_cast<uint8_t *>(bfloats)}},
                               {})
                  .isOk());
  Expected<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->entries().at("h").format, "F16");
  EXPECT_EQ(file->entries().at("b").format, "BF16");
  std::vector<uint16_t> back(3);
  ASSERT_TRUE(file->read(file->entries().at("h"), reinterpret_cast<uint8_t *>(back.data())).isOk());
  EXPECT_THAT(back, ElementsAre(0x3c00, 0x0001, 0x7e01));
  ASSERT_TRUE(file->read(file->entries().at("b"), reinterpret_cast<uint8_t *>(back.data())).isOk());
  EXPECT_THAT(back, ElementsAre(0xc040, 0x7f80, 0x7e01));
}

TEST_F(SafetensorsTest, EveryDtypeMayBeThere) {
  std::string header;
  int64_t end = 0;
  for (const auto &[format, bytes] : std::vector<std::pair<std::string, int64_t>>{{"F64", 8},
                                                                                  {"F32", 4},
                                                                                  {"F16", 2},
                                                                                  {"BF16", 2},
                                                                                  {"F8_E4M3", 1},
                                                                                  {"F8_E5M2", 1},
                                                                                  {"C64", 8},
                                                                                  {"F4", 1},
                                                                                  {"I64", 8},
                                                                                  {"I32", 4},
                                                                                  {"I16", 2},
                                                                                  {"I8", 1},
                                                                                  {"U64", 8},
                                                                                  {"U32", 4},
                                                                                  {"U16", 2},
                                                                                  {"U8", 1},
                                                                                  {"BOOL", 1}}) {
    header +=
        (end ? "," : "{") + tensor(format, format, "[2]",
                                   "[" + std::to_string(end) + "," + std::to_string(end + 2 * bytes) + "]");
    end += 2 * bytes;
  }
  Expected<SafetensorsFile> file = SafetensorsFile::open(
      folder.write("all", fileOf(header + "}", std::string(static_cast<size_t>(end), 0))));
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->entries().size(), 17u);
  EXPECT_EQ(file->entries().at("BF16").type(), StoredType::BF16);
  EXPECT_EQ(file->entries().at("U64").type(), StoredType::U64);
  EXPECT_EQ(file->entries().at("F8_E4M3").type(), std::nullopt);
  EXPECT_EQ(file->entries().at("F8_E4M3").format, "F8_E4M3");
}

// A million keys are a valid header; each takes its share of time and of memory and no more.
TEST_F(SafetensorsTest, TimeIsProportionalToEntries) {
  auto write = [&](int64_t count) {
    std::string header = "{";
    for (int64_t i = 0; i < count; ++i)
      header += (i ? "," : "") +
                tensor("t" + std::to_string(i), "F32", i % 2 ? "[0]" : "[1]",
                       "[" + std::to_string((i + 1) / 2 * 4) + "," + std::to_string((i + 2) / 2 * 4) + "]");
    return fileOf(header + "}", std::string(static_cast<size_t>((count + 1) / 2 * 4), '\0'));
  };
  expectLinear(6000, [&](int64_t count) {
    Expected<SafetensorsFile> file = SafetensorsFile::open(folder.write("many", write(count)));
    ASSERT_TRUE(file) << file.status().message();
    EXPECT_EQ(file->entries().size(), static_cast<size_t>(count));
  });
  std::string path = folder.write("million", write(1000000));
  std::clock_t begin = std::clock();
  ASSERT_TRUE(SafetensorsFile::open(path));
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 10); // a second for 100,000
}

TEST_F(SafetensorsTest, TimeIsProportionalToWhatIsWrittenAndTaken) {
  expectLinear(2500, [&](int64_t count) {
    Manifest manifest;
    ImportSpec all{"ours.safetensors", {}}, none{"ours.safetensors", {}};
    std::vector<TensorView> tensors;
    uint8_t bytes[4] = {};
    for (int64_t i = 0; i < count; ++i) {
      std::string name = "tensor" + std::to_string(i);
      tensors.push_back({name, DType::F32, {1}, bytes});
      manifest.state.push_back({name, Role::Param, DType::F32, {1}, 64 * i, 4, true});
      all.tensors.push_back({name, name, {}});
      none.tensors.push_back({name, "no " + name, {}});
    }
    ASSERT_TRUE(writeSafetensors(folder.file("ours.safetensors"), tensors, {}).isOk());
    manifest.imports = {all};
    std::string note;
    Status status = checkImports(manifest, folder.path(), note);
    ASSERT_TRUE(status.isOk()) << status.message();
    manifest.imports = {none};
    EXPECT_THAT(checkImports(manifest, folder.path(), note).message(),
                HasSubstr("and " + std::to_string(count - 5) + " more"));
  });
}

TEST_F(SafetensorsTest, EveryCutIsNoticed) {
  std::string whole = fileOf("{" + tensor("a", "F32", "[2]", "[0,8]") + "}", "12345678");
  ASSERT_TRUE(SafetensorsFile::open(folder.write("whole", whole)));
  for (size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_FALSE(SafetensorsFile::open(folder.write("cut", whole.substr(0, cut))));
}

TEST_F(SafetensorsTest, AtomicFilesAreWholeOrNotThere) {
  std::string path = folder.file("text");
  auto files = [&] { return std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()); };
  folder.write("text.tmp", "of the person");
  ASSERT_TRUE(writeFileAtomically(path, "one").isOk());
  // The file that a link leads to is replaced, and keeps its permissions.
  fs::permissions(path, fs::perms(0640));
  fs::create_symlink("text", folder.file("link"));
  ASSERT_TRUE(writeFileAtomically(folder.file("link"), "two").isOk());
  EXPECT_EQ(folder.read("text"), "two");
  EXPECT_TRUE(fs::is_symlink(folder.file("link")));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0640));
  EXPECT_EQ(folder.read("text.tmp"), "of the person");
  EXPECT_EQ(files(), 3);
  {
    Expected<FileWriter> writer = FileWriter::create(folder.file("left"));
    writer->write("half");
  }
  EXPECT_FALSE(folder.has("left"));
  EXPECT_EQ(writeFileAtomically(folder.file("no/such/folder"), "x").code(), StatusCode::IO);
  EXPECT_EQ(readWholeFile(path, 2).status().code(), StatusCode::BadData);
  EXPECT_EQ(*readWholeFile(path, 3), "two");
  EXPECT_THAT(FileWriter::create("/dev/null").status().message(), HasSubstr("not a regular file"));
  std::string pipe = folder.file("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_TRUE(writeFileAtomically(pipe, "piped").isOk());
  char got[8] = {};
  EXPECT_EQ(read(reader, got, sizeof got), 5);
  EXPECT_STREQ(got, "piped");
  close(reader);
  ASSERT_TRUE(writeFileAtomically(folder.file("new"), "file").isOk());
  EXPECT_THAT(renameFile(folder.file("new"), pipe).message(), HasSubstr("not a regular file"));
  EXPECT_FALSE(folder.has("new"));
  FullDisk full(2);
  EXPECT_THAT(writeFileAtomically(path, "three").message(), HasSubstr("free some space"));
  const std::vector<float> values(8);
  TensorView view{"a", DType::F32, {8}, reinterpret_cast<const uint8_t *>(values.data())};
  EXPECT_FALSE(replaceSafetensors(path, {view}).isOk());
  EXPECT_EQ(folder.read("text"), "two");
  EXPECT_EQ(folder.read("text.tmp"), "of the person");
  EXPECT_EQ(files(), 4); // with the pipe
}
