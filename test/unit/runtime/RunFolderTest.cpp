// Run folders: what is refused, and what a killed process leaves behind.
#include "runtime/checkpoint/RunFolder.h"
#include "TrainFixture.h"

#include <gmock/gmock.h>

#include <functional>

namespace fs = std::filesystem;
using namespace mlc;
using namespace mlc::test;
using testing::HasSubstr;

namespace {

class RunFolderTest : public TrainFixture {
protected:
  RunFolderTest() { session = std::move(*Session::create(program, 1)); }

  void save(RunFolder &run, uint64_t update) {
    for (const StateTensor &tensor : program.manifest().state)
      std::memset(session->bytesOf(tensor), static_cast<int>(update), static_cast<size_t>(tensor.bytes));
    state.update = update;
    state.split.sums = {1, 2};
    ASSERT_TRUE(run.save(*session, state).isOk());
  }

  /// Loads into zeroed state; gives the update that all of it belongs to, or -1.
  int64_t loaded(const RunFolder &run) {
    std::memset(session->state(), 0, static_cast<size_t>(program.manifest().stateBytes));
    Expected<TrainerState> back = run.load(*session);
    if (!back) {
      ADD_FAILURE() << back.status().message();
      return -1;
    }
    for (const StateTensor &tensor : program.manifest().state)
      for (int64_t i = 0; i < tensor.bytes; ++i)
        if (session->bytesOf(tensor)[i] != back->update)
          return -1;
    return static_cast<int64_t>(back->update);
  }

  void copy(const std::string &from, const std::string &to) {
    fs::copy_file(folder.file(from), folder.file(to), fs::copy_options::overwrite_existing);
  }

  std::unique_ptr<Session> session;
  TrainerState state;
};

} // namespace

TEST_F(RunFolderTest, HoldsWhatItWasGiven) {
  RunConfig given = config();
  given.vocabulary["job"] = {"baker", "smith \"x\""};
  given.dataFolder = "/d\xE9\xFF ta"; // a name is bytes, and need not be UTF-8
  given.settings["threads"] = "2";
  given.manifest.scalars[0].value = ScalarExpr::literal(0.25);
  {
    auto run = RunFolder::create(folder.file("a/b/run"), given,
                                 {{"model.mlc", "main\n"}, {"layers/block.mlc", "import\n"}}, false);
    ASSERT_TRUE(run) << run.status().message();
    // It is a run from its first checkpoint on.
    EXPECT_THAT(run->readState().status().message(), HasSubstr("no checkpoint yet"));
    EXPECT_EQ(RunFolder::open(folder.file("a/b/run"), false).status().code(), StatusCode::IO);
    save(*run, 0);
    EXPECT_EQ(folder.read("a/b/run/layers/block.mlc"), "import\n");
  }
  auto run = RunFolder::open(folder.file("a/b/run"), false);
  ASSERT_TRUE(run) << run.status().message();
  EXPECT_EQ(run->config().vocabulary, given.vocabulary);
  EXPECT_EQ(run->config().dataFolder, "/d\xE9\xFF ta");
  EXPECT_EQ(run->config().modelFolder, folder.path());
  EXPECT_EQ(run->config().settings.at("threads"), "2");
  EXPECT_EQ(run->config().manifest.scalars[0].value.print(), "0.25");
  EXPECT_EQ(folder.read("a/b/run/model.mlc"), "main\n");
  EXPECT_EQ(run->readState()->update, 0u);
  EXPECT_FALSE(RunFolder::create(folder.file("x"), given, {{"../model.mlc", ""}}, false));
  EXPECT_FALSE(RunFolder::create(folder.file("x"), given, {{"config.json", ""}}, false));
  for (const char *bytes : {"[256]", "[0]", "[-1]", "[\"a\"]", "1"}) {
    std::string text = *printConfig(given);
    size_t at = text.find('[', text.find("\"data_folder\""));
    text.replace(at, text.find(']', at) + 1 - at, bytes);
    EXPECT_THAT(parseConfig(text, "config.json").status().message(), HasSubstr("config.json.data_folder"))
        << bytes;
  }
}

TEST_F(RunFolderTest, ARunIsNotOverwrittenByAccident) {
  {
    auto run =
        RunFolder::create(folder.file("run"), config(), {{"model.mlc", "old\n"}, {"a/b.mlc", "b\n"}}, false);
    save(*run, 3);
    ASSERT_TRUE(run->appendLines("metrics.csv", "a", "1\n").isOk());
    state.best = BestEpoch{0.5, 1, 3};
    ASSERT_TRUE(run->saveBest(*session, state).isOk());
    save(*run, 3);
    EXPECT_TRUE(*run->hasBest());
  }
  state.best.reset();
  folder.write("run/notes.txt", "of the person");
  Status refused = RunFolder::create(folder.file("run"), config(), {}, false).status();
  EXPECT_EQ(refused.code(), StatusCode::Usage);
  for (const char *way : {"--resume", "--overwrite", "--out"})
    EXPECT_THAT(refused.message(), HasSubstr(way));
  {
    auto run = RunFolder::create(folder.file("run"), config(), {{"model.mlc", "new\n"}}, true);
    ASSERT_TRUE(run) << run.status().message();
    {
      FullDisk full(50);
      EXPECT_THAT(run->save(*session, state).message(),
                  HasSubstr("the run that was in " + folder.file("run") + " is still there"));
    }
    EXPECT_FALSE(run->readState()); // of the new run
    EXPECT_EQ(loaded(*RunFolder::open(folder.file("run"), false)), 3);
  } // it ends before it has a checkpoint
  EXPECT_EQ(loaded(*RunFolder::open(folder.file("run"), true)), 3);
  EXPECT_EQ(folder.read("run/model.mlc"), "old\n");
  EXPECT_TRUE(folder.has("run/a/b.mlc"));
  auto run = RunFolder::create(folder.file("run"), config(), {{"model.mlc", "new\n"}}, true);
  ASSERT_TRUE(run) << run.status().message();
  save(*run, 0);
  EXPECT_EQ(loaded(*run), 0);
  EXPECT_FALSE(*run->hasBest());
  EXPECT_EQ(folder.read("run/model.mlc"), "new\n");
  EXPECT_EQ(folder.read("run/notes.txt"), "of the person");
  for (const char *name : {"metrics.csv", "best", "a", ".mlc-new", ".mlc-committed"})
    EXPECT_FALSE(folder.has(std::string("run/") + name)) << name;
}

TEST_F(RunFolderTest, WhatNoRunWroteIsNeverReplaced) {
  auto refused = [&](const std::string &name, bool overwrite, const std::string &what) {
    Status status =
        RunFolder::create(folder.file(name), config(), {{"model.mlc", "m\n"}, {"a/b.mlc", "b\n"}}, overwrite)
            .status();
    EXPECT_EQ(status.code(), StatusCode::Usage) << name;
    EXPECT_THAT(status.message(),
                HasSubstr("what no run of mlc left there and a run would replace: " + what + ";"));
    EXPECT_EQ(folder.has(name + "/.lock"), name == "run"); // nothing was made
  };
  for (bool overwrite : {false, true}) {
    for (const char *name : {"hf", "list", "own", "links/best", "fine"})
      fs::create_directories(folder.file(name));
    folder.write("hf/config.json", "{\"model_type\": \"bert\"}");
    folder.write("hf/model.safetensors", "x");
    folder.write("hf/metrics.csv", "my notes");
    refused("hf", overwrite, "config.json, metrics.csv, model.safetensors");
    EXPECT_EQ(folder.read("hf/metrics.csv"), "my notes");
    folder.write("list/config.json", "[1]");
    refused("list", overwrite, "config.json");
    folder.write("own/model.mlc", "mine");
    folder.write("own/a", "not a folder");
    refused("own", overwrite, "a, model.mlc");
    fs::remove(folder.file("links/best/model.safetensors"));
    fs::create_symlink("nowhere", folder.file("links/best/model.safetensors"));
    refused("links", overwrite, "best/model.safetensors");
  }
  // In a run's folder too: a file beside the run's that the new program would bring along.
  {
    auto run = RunFolder::create(folder.file("run"), config(), {{"model.mlc", "m\n"}}, false);
    save(*run, 3);
  }
  fs::create_directories(folder.file("run/a"));
  folder.write("run/a/b.mlc", "mine");
  refused("run", true, "a/b.mlc");
  EXPECT_EQ(folder.read("run/a/b.mlc"), "mine");
  folder.write("file", "");
  EXPECT_THAT(RunFolder::create(folder.file("file"), config(), {}, true).status().message(),
              HasSubstr("is a file"));
  // Anything else stays, and is not in the way.
  folder.write("fine/readme.txt", "hello");
  auto run = RunFolder::create(folder.file("fine"), config(), {{"model.mlc", "m\n"}}, false);
  ASSERT_TRUE(run) << run.status().message();
  save(*run, 1);
  EXPECT_EQ(folder.read("fine/readme.txt"), "hello");
}

TEST_F(RunFolderTest, ARecordOfACommitNamesFilesOfTheRunOnly) {
  {
    auto run = RunFolder::create(folder.file("run"), config(), {{"model.mlc", "m\n"}}, false);
    save(*run, 3);
  }
  folder.write("mine.mlc", "mine");
  fs::create_directories(folder.file("apart"));
  folder.write("apart/b.mlc", "mine");
  fs::create_directory_symlink(folder.file("apart"), folder.file("run/a"));
  for (const char *key : {"remove", "place"})
    for (const char *name : {"../mine.mlc", "/etc/passwd", "notes.txt", "a/b.mlc"}) {
      fs::create_directories(folder.file("run/.mlc-committed"));
      folder.write("run/.mlc-committed/config.json", folder.read("run/config.json"));
      folder.write("run/.mlc-committed/b.mlc", "theirs");
      std::string other = std::string(key) == "remove" ? "place" : "remove";
      folder.write("run/.mlc-committed/commit.json",
                   std::string("{\"") + key + "\": [\"" + name + "\"], \"" + other + "\": []}");
      auto run = RunFolder::open(folder.file("run"), true);
      bool skipped = std::string(key) == "remove" && std::string(name) == "a/b.mlc";
      EXPECT_EQ(run.status().code(), skipped ? StatusCode::Ok : StatusCode::BadData) << key << name;
      EXPECT_EQ(folder.read("mine.mlc"), "mine");
      EXPECT_EQ(folder.read("apart/b.mlc"), "mine");
      fs::remove_all(folder.file("run/.mlc-committed"));
    }
}

TEST_F(RunFolderTest, OpeningFinishesWhatWasCutOff) {
  {
    auto run = RunFolder::create(folder.file("run"), config(), {{"model.mlc", "m\n"}}, false);
    save(*run, 3);
    state.best = BestEpoch{0.5, 1, 4};
    state.update = 4;
    ASSERT_TRUE(run->saveBest(*session, state).isOk());
    save(*run, 4);
  }
  const std::vector<std::string> names = {"model.safetensors", "optimizer.safetensors",
                                          "best/model.safetensors"};
  auto cutOff = [&] {
    for (const std::string &name : names) {
      fs::rename(folder.file("run/" + name), folder.file("run/" + name + ".next"));
    }
    folder.write("run/model.safetensors", "older");
  };
  for (bool toResume : {false, true}) {
    cutOff();
    auto run = RunFolder::open(folder.file("run"), toResume);
    ASSERT_TRUE(run) << run.status().message();
    EXPECT_EQ(run->note(), "");
    for (const std::string &name : names)
      EXPECT_FALSE(folder.has("run/" + name + ".next")) << name;
    EXPECT_TRUE(*run->hasBest());
    EXPECT_EQ(loaded(*run), 4);
  }
  // Who trains there finishes it; until then the right files are read.
  {
    auto trains = RunFolder::open(folder.file("run"), true);
    cutOff();
    auto run = RunFolder::open(folder.file("run"), false);
    ASSERT_TRUE(run);
    EXPECT_TRUE(folder.has("run/model.safetensors.next"));
    EXPECT_TRUE(*run->hasBest());
    EXPECT_EQ(loaded(*run), 4);
    EXPECT_EQ(*run->loadModel(*session, true), 4u);
    std::string note;
    EXPECT_EQ(**RunFolder::lastModel(folder.file("run"), note), folder.file("run/model.safetensors.next"));
  }
  std::string note;
  EXPECT_EQ(**RunFolder::lastModel(folder.file("run"), note), folder.file("run/model.safetensors"));
  EXPECT_EQ(note, "");
  EXPECT_FALSE(*RunFolder::lastModel(folder.path(), note));
  // What no checkpoint is of goes when somebody may write.
  for (const std::string &name : names)
    folder.write("run/" + name + ".next", "half");
  folder.write("run/trainer_state.json.next", "half");
  fs::create_directories(folder.file("run/.mlc-new/best"));
  EXPECT_EQ(loaded(*RunFolder::open(folder.file("run"), true)), 4);
  for (const char *name : {"model.safetensors.next", "trainer_state.json.next", ".mlc-new"})
    EXPECT_FALSE(folder.has(std::string("run/") + name)) << name;
}

TEST_F(RunFolderTest, OneProcessTrainsAtATime) {
  auto run = RunFolder::create(folder.file("run"), config(), {}, false);
  ASSERT_TRUE(run);
  EXPECT_THAT(RunFolder::create(folder.file("run"), config(), {}, true).status().message(),
              HasSubstr("another process"));
  save(*run, 1);
  EXPECT_THAT(RunFolder::open(folder.file("run"), true).status().message(), HasSubstr("another process"));
  EXPECT_TRUE(RunFolder::open(folder.file("run"), false));
}

TEST_F(RunFolderTest, ARunOfAnotherModelIsRefused) {
  auto run = RunFolder::create(folder.file("run"), config(), {}, false);
  save(*run, 3);
  Manifest other = program.manifest();
  EXPECT_TRUE(run->checkProgram(other).isOk());
  other.modelHash = "other";
  EXPECT_THAT(run->checkProgram(other).message(), HasSubstr("the tensors are the same"));
  other.state[0].shape = {4};
  other.state[0].bytes = 16;
  other.state[1].name = "net.bias";
  Status status = run->checkProgram(other);
  EXPECT_EQ(status.code(), StatusCode::BadData);
  EXPECT_THAT(status.message(),
              HasSubstr("is a run of another model: 'net.w' is f32[3] there and f32[4] here; "
                        "'net.bias' is missing there"));
  EXPECT_THAT(status.message(), HasSubstr("'net.b' is only there"));
  // A tensor file put in place by hand.
  program.editManifest().modelHash = "other";
  EXPECT_FALSE(run->load(*session));
}

// Every state of the folder in which a process could be killed while it saves update 4 over update 3.
TEST_F(RunFolderTest, KilledAtAnyMomentItLoadsOneWholeCheckpoint) {
  auto run = RunFolder::create(folder.file("run"), config(), {}, false);
  ASSERT_TRUE(run);
  const std::vector<std::string> names = {"model.safetensors", "optimizer.safetensors", "trainer_state.json"};
  save(*run, 4);
  for (const std::string &name : names)
    copy("run/" + name, "new-" + name);
  save(*run, 3);
  for (const std::string &name : names)
    copy("run/" + name, "old-" + name);

  // The moments in order; each is the one before and one more change.
  std::vector<std::function<void()>> moments;
  for (const std::string &name : names) {
    moments.push_back(
        [=] { folder.write("run/" + name + ".next", folder.read("new-" + name).substr(0, 50)); });
    moments.push_back([=] { copy("new-" + name, "run/" + name + ".next"); });
  }
  size_t commit = moments.size();
  for (const char *name : {"trainer_state.json", "model.safetensors", "optimizer.safetensors"})
    moments.push_back([=] {
      fs::rename(folder.file(std::string("run/") + name + ".next"), folder.file(std::string("run/") + name));
    });

  for (size_t killed = 0; killed <= moments.size(); ++killed) {
    for (const std::string &name : names) {
      copy("old-" + name, "run/" + name);
      fs::remove(folder.file("run/" + name + ".next"));
    }
    for (size_t i = 0; i < killed; ++i)
      moments[i]();
    EXPECT_EQ(loaded(*run), killed <= commit ? 3 : 4) << killed;
    EXPECT_EQ(*run->loadModel(*session, false), killed <= commit ? 3u : 4u) << killed;
    // What was left behind does not get in the way of going on; not even when that is cut off in turn.
    {
      FullDisk full(200);
      state.update = 5;
      EXPECT_FALSE(run->save(*session, state).isOk());
    }
    EXPECT_EQ(loaded(*run), killed <= commit ? 3 : 4) << killed;
    save(*run, 5);
    EXPECT_EQ(loaded(*run), 5) << killed;
  }
}

TEST_F(RunFolderTest, HostileFolders) {
  EXPECT_EQ(RunFolder::open(folder.file("none"), false).status().code(), StatusCode::IO);
  {
    auto run = RunFolder::create(folder.file("run"), config(), {}, false);
    save(*run, 3);
  }
  std::string good = folder.read("run/config.json");
  for (const std::string &bad :
       {std::string(), std::string("{}"), std::string("[1]"), good.substr(0, good.size() / 2)}) {
    folder.write("run/config.json", bad);
    EXPECT_EQ(RunFolder::open(folder.file("run"), false).status().code(), StatusCode::BadData);
  }
  folder.write("run/config.json", good);
  auto run = RunFolder::open(folder.file("run"), false);
  ASSERT_TRUE(run) << run.status().message();
  std::string trainer = folder.read("run/trainer_state.json");
  for (const std::string &bad : {std::string(), std::string("{}"),
                                 std::string("{\"version\": 1, \"update\": -1}"), trainer.substr(0, 40)}) {
    folder.write("run/trainer_state.json", bad);
    EXPECT_EQ(run->load(*session).status().code(), StatusCode::BadData);
  }
  folder.write("run/trainer_state.json", trainer);
  EXPECT_EQ(loaded(*run), 3);
  std::string tensors = folder.read("run/model.safetensors");
  folder.write("run/model.safetensors", tensors.substr(0, tensors.size() - 1));
  EXPECT_EQ(run->load(*session).status().code(), StatusCode::BadData);
  folder.write("run/model.safetensors", folder.read("run/optimizer.safetensors"));
  EXPECT_THAT(run->load(*session).status().message(), HasSubstr("is missing there"));
}
