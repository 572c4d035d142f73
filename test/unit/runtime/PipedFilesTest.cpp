#include "runtime/data/PipedFiles.h"
#include "TempFolder.h"
#include "ZipArchive.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <functional>
#include <thread>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// A named pipe that a thread writes to.
class Fifo {
public:
  Fifo(const TempFolder &folder, const std::string &name, const std::string &bytes)
      : path_(folder.file(name)) {
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    writer_ = std::thread([this, bytes] {
      int to = ::open(path_.c_str(), O_WRONLY);
      for (size_t done = 0; done < bytes.size();) {
        ssize_t wrote = ::write(to, bytes.data() + done, std::min<size_t>(bytes.size() - done, 1000));
        if (wrote < 0)
          break; // the reader has left
        done += static_cast<size_t>(wrote);
      }
      ::close(to);
    });
  }
  ~Fifo() { writer_.join(); }
  const std::string &path() const { return path_; }

private:
  std::string path_;
  std::thread writer_;
};

/// Runs `test` with `bytes` coming from standard input, through a pipe.
void withInput(const std::string &bytes, const std::function<void()> &test) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  int before = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  std::thread writer([&] {
    for (size_t done = 0; done < bytes.size();) {
      ssize_t wrote = ::write(ends[1], bytes.data() + done, bytes.size() - done);
      if (wrote < 0)
        break;
      done += static_cast<size_t>(wrote);
    }
    close(ends[1]);
  });
  test();
  dup2(before, STDIN_FILENO); // the pipe has no reader then
  close(before);
  writer.join();
}

class PipedFilesTest : public testing::Test {
protected:
  PipedFilesTest() { signal(SIGPIPE, SIG_IGN); }

  std::string contents(const std::string &path) {
    Expected<std::vector<uint8_t>> bytes = readWhole(path, 1 << 24);
    EXPECT_TRUE(bytes) << bytes.status().message();
    return bytes ? std::string(bytes->begin(), bytes->end()) : "";
  }
  TempFolder folder;
  Vocabulary vocabulary;
};

} // namespace

TEST_F(PipedFilesTest, WhatComesIsAFileThen) {
  std::string bytes(300000, 'x');
  bytes += "end";
  PipedFiles pipes;
  Fifo fifo(folder, "fifo", bytes);
  Expected<std::string> path = pipes.open(fifo.path());
  ASSERT_TRUE(path) << path.status().message();
  EXPECT_EQ(contents(*path), bytes);
  EXPECT_EQ(contents(*path), bytes); // as often as one likes
  withInput("a,b\n1,2\n", [&] {
    Expected<std::string> input = pipes.open("-");
    ASSERT_TRUE(input) << input.status().message();
    EXPECT_EQ(contents(*input), "a,b\n1,2\n");
  });
  EXPECT_EQ(pipes.named(Status::badData("wrong, " + *path + " line 2")).message(),
            "wrong, " + fifo.path() + " line 2");
}

TEST_F(PipedFilesTest, FilesKeepTheirPaths) {
  PipedFiles pipes;
  std::string file = folder.write("file", "x");
  EXPECT_EQ(*pipes.open(file), file);
  EXPECT_EQ(*pipes.open(folder.file("none")), folder.file("none"));
  EXPECT_EQ(*pipes.open(folder.path()), folder.path());
  EXPECT_EQ(*pipes.open(file), file); // twice is fine
}

TEST_F(PipedFilesTest, StandardInputMayBeAFile) {
  int before = dup(STDIN_FILENO), file = ::open(folder.write("file", "a\n1\n2\n").c_str(), O_RDONLY);
  dup2(file, STDIN_FILENO);
  {
    PipedFiles pipes;
    EXPECT_EQ(contents(*pipes.open("-")), "a\n1\n2\n");
  }
  // What somebody has read of it before is not there any more.
  lseek(STDIN_FILENO, 2, SEEK_SET);
  {
    PipedFiles pipes;
    EXPECT_EQ(contents(*pipes.open("-")), "1\n2\n");
  }
  dup2(before, STDIN_FILENO);
  close(before);
  close(file);
}

TEST_F(PipedFilesTest, ReadersTakeThem) {
  FieldSpec a, b;
  a.name = "a";
  b.name = "b";
  PipedFiles pipes;
  std::map<std::string, std::string> none;
  auto read = [&](const std::string &kind, const std::vector<std::string> &paths,
                  const std::vector<FieldSpec> &fields) {
    return readFiles(kind, paths, none, fields, vocabulary, false);
  };
  withInput("b,a\n1,2\n3,4\n", [&] {
    Expected<Dataset> data = read("csv", {*pipes.open("-")}, {a});
    ASSERT_TRUE(data) << data.status().message();
    EXPECT_THAT(valuesOf<float>(data->columns[0].bytes), ElementsAre(2, 4));
  });
  auto array = [](float value) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n";
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return "\x93NUMPY\1" + std::string(1, '\0') + little(header.size(), 2) + header + bytes;
  };
  // An archive is read from its end; two files, one a field.
  Fifo npz(folder, "npz",
           archive({ZipPart::packedPart("a.npy", array(7)), ZipPart::stored("b.npy", array(8))}));
  Expected<Dataset> parts = read("npz", {*pipes.open(npz.path())}, {b, a});
  ASSERT_TRUE(parts) << parts.status().message();
  EXPECT_THAT(valuesOf<float>(parts->columns[0].bytes), ElementsAre(8));
  Fifo first(folder, "first", array(1)), second(folder, "second", array(2));
  Expected<Dataset> files = read("npy", {*pipes.open(first.path()), *pipes.open(second.path())}, {a, b});
  ASSERT_TRUE(files) << files.status().message();
  EXPECT_THAT(valuesOf<float>(files->columns[1].bytes), ElementsAre(2));
}

TEST_F(PipedFilesTest, MistakesNameThePipe) {
  FieldSpec a;
  a.name = "a";
  auto message = [&](const std::string &kind, const std::string &bytes) {
    std::string text;
    withInput(bytes, [&] {
      PipedFiles pipes;
      Expected<std::string> path = pipes.open("-");
      ASSERT_TRUE(path);
      Expected<Dataset> data = readFiles(kind, {*path}, {}, {a}, vocabulary, false);
      ASSERT_FALSE(data);
      EXPECT_EQ(data.status().code(), StatusCode::BadData);
      text = pipes.named(data.status()).message();
    });
    return text;
  };
  EXPECT_EQ(message("csv", ""), "the file is empty; its first line must name the columns, standard input");
  // Whoever wrote died within a row, or within an archive.
  EXPECT_THAT(message("csv", "a,b\n1,2\n3"),
              HasSubstr("too few values (1, the header has 2), standard input line 3"));
  std::string whole = archive({ZipPart::stored("a.npy", "x")});
  EXPECT_THAT(message("npz", whole.substr(0, whole.size() - 9)), HasSubstr("not a zip archive"));
  EXPECT_THAT(message("npz", ""), HasSubstr("standard input"));
}

TEST_F(PipedFilesTest, WhatCannotBeReadIsSaid) {
  {
    Fifo fifo(folder, "large", std::string(5000, 'x'));
    PipedFiles pipes(nullptr, 4999);
    EXPECT_EQ(pipes.open(fifo.path()).status().message(),
              fifo.path() + " delivers more than 4999 bytes; write it to a file and name that");
  }
  {
    Fifo first(folder, "half", std::string(3000, 'x')), second(folder, "rest", std::string(3000, 'x'));
    PipedFiles pipes(nullptr, 5000); // together
    EXPECT_TRUE(pipes.open(first.path()));
    EXPECT_EQ(pipes.open(second.path()).status().code(), StatusCode::BadData);
  }
  withInput("x", [&] {
    PipedFiles pipes;
    EXPECT_TRUE(pipes.open("-"));
    Status status = pipes.open("/dev/stdin").status();
    EXPECT_EQ(status.code(), StatusCode::Usage);
    EXPECT_EQ(status.message(), "standard input is given twice, and a pipe can be read only once");
  });
  std::atomic<int> stop{2};
  std::string lonely = folder.file("lonely"); // nobody writes to it
  ASSERT_EQ(mkfifo(lonely.c_str(), 0600), 0);
  EXPECT_EQ(PipedFiles(&stop).open(lonely).status().code(), StatusCode::Interrupted);
  // Whoever reads a file more than once does not take a pipe.
  EXPECT_THAT(InputFile::open(lonely).status().message(),
              HasSubstr("it is a pipe, which can be read only once"));
}
