#include "frontend/syntax/Loader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

using namespace mlc::frontend;
namespace fs = std::filesystem;

namespace {

class LoaderTest : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::canonical(testing::TempDir()) / ("mlc_loader_" + std::to_string(::getpid()));
    fs::create_directories(folder / "sub");
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::string &name, const std::string &text) { std::ofstream(folder / name) << text; }
  std::vector<LoadedFile> load(const std::string &name) {
    return loadFile((folder / name).string(), sources, diagnostics, error);
  }
  std::string shown() const { return diagnostics.render(); }

  fs::path folder;
  SourceManager sources;
  DiagnosticEngine diagnostics{sources};
  std::string error;
};

TEST_F(LoaderTest, ImportsComeFirstAndOnce) {
  write("a.mlc", "import \"sub/b.mlc\"\nimport \"c.mlc\"\n");
  write("c.mlc", "import \"sub/b.mlc\"\nimport \"sub/../sub/b.mlc\"\n");
  write("sub/b.mlc", "let b = 1\n");
  std::vector<LoadedFile> files = load("a.mlc");
  EXPECT_EQ(shown(), "");
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].path, (folder / "sub/b.mlc").string());
  EXPECT_EQ(files[1].path, (folder / "c.mlc").string());
  EXPECT_EQ(files[2].path, (folder / "a.mlc").string());
  EXPECT_EQ(files[1].imports, (std::vector<std::size_t>{0, 0}));
  EXPECT_EQ(files[2].imports, (std::vector<std::size_t>{0, 1}));
}

TEST_F(LoaderTest, ErrorsInsideAnImportNameItsFile) {
  write("a.mlc", "import \"sub/b.mlc\"\n");
  write("sub/b.mlc", "let b = )\n");
  load("a.mlc");
  EXPECT_NE(shown().find(" --> " + (folder / "sub/b.mlc").string() + ":1:9\n"), std::string::npos) << shown();
}

TEST_F(LoaderTest, ImportsStayInTheFolderOfTheirFile) {
  write("secret.mlc", "let a = 1\n");
  write("sub/a.mlc", "import \"../secret.mlc\"\nimport \"link.mlc\"\nimport \"/etc/passwd\"\n");
  fs::create_symlink(folder / "secret.mlc", folder / "sub/link.mlc");
  std::vector<LoadedFile> files = load("sub/a.mlc");
  EXPECT_EQ(files.size(), 1u);
  EXPECT_EQ(sources.size(), 1u);
  EXPECT_EQ(diagnostics.errorCount(), 3u) << shown();
}

TEST_F(LoaderTest, FolderNamesArePrefixesByComponent) {
  fs::create_directories(folder / "subway");
  write("subway/b.mlc", "let b = 1\n");
  write("sub/a.mlc", "import \"../subway/b.mlc\"\n");
  load("sub/a.mlc");
  EXPECT_EQ(diagnostics.errorCount(), 1u) << shown();
}

TEST_F(LoaderTest, CirclesAreReportedWhereTheyClose) {
  write("a.mlc", "import \"b.mlc\"\n");
  write("b.mlc", "import \"a.mlc\"\n");
  EXPECT_EQ(load("a.mlc").size(), 2u);
  EXPECT_NE(shown().find("error[E0124]: imports lead back to this file\n --> " + (folder / "b.mlc").string() +
                         ":1:8"),
            std::string::npos)
      << shown();
}

TEST_F(LoaderTest, LongChainsEnd) {
  for (int i = 0; i < 300; ++i)
    write(std::to_string(i) + ".mlc", "import \"" + std::to_string(i + 1) + ".mlc\"\n");
  load("0.mlc");
  EXPECT_NE(shown().find("too many imports"), std::string::npos) << shown();
}

TEST_F(LoaderTest, FoldersPipesAndMissingFilesAreErrors) {
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  write("a.mlc", "import \"sub\"\nimport \"none.mlc\"\nimport \"fifo\"\n");
  load("a.mlc");
  EXPECT_NE(shown().find("cannot import this file: not a regular file"), std::string::npos) << shown();
  EXPECT_NE(shown().find("cannot import this file: no such file or directory"), std::string::npos) << shown();
  EXPECT_EQ(diagnostics.errorCount(), 3u) << shown();
  EXPECT_TRUE(load("none.mlc").empty());
  EXPECT_EQ(error, "no such file or directory");
}

TEST_F(LoaderTest, ATextNeedsNoFile) {
  write("b.mlc", "let b = 1\n");
  std::vector<LoadedFile> files = loadText("memory", "import \"b.mlc\"\nlet a = )\n",
                                           (folder / "none.mlc").string(), sources, diagnostics);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(shown().find("error[E0105]: expected an expression, found `)`\n --> memory:2:9\n"), 0u)
      << shown();
}

} // namespace
