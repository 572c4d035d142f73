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
    state.sums = {1, 2};
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
  given.dataFolder = "/data";
  given.settings["threads"] = "2";
  given.manifest.scalars[0].value = ScalarExpr::literal(0.25);
  {
    auto run = RunFolder::create(folder.file("a/b/run"), given,
                                 {{"model.mlc", "main\n"}, {"layers/block.mlc", "import\n"}}, false);
    ASSERT_TRUE(run) << run.status().message();
    EXPECT_EQ(folder.read("a/b/run/layers/block.mlc"), "import\n");
  }
  auto run = RunFolder::open(folder.file("a/b/run"), false);
  ASSERT_TRUE(run) << run.status().message();
  EXPECT_EQ(run->config().vocabulary, given.vocabulary);
  EXPECT_EQ(run->config().dataFolder, "/data");
  EXPECT_EQ(run->config().modelFolder, folder.path());
  EXPECT_EQ(run->config().settings.at("threads"), "2");
  EXPECT_EQ(run->config().manifest.scalars[0].value.print(), "0.25");
  EXPECT_EQ(folder.read("a/b/run/model.mlc"), "main\n");
  EXPECT_THAT(run->readState().status().message(), HasSubstr("no checkpoint yet"));
  EXPECT_FALSE(RunFolder::create(folder.file("x"), given, {{"../model.mlc", ""}}, false));
  EXPECT_FALSE(RunFolder::create(folder.file("x"), given, {{"config.json", ""}}, false));
}

TEST_F(RunFolderTest, ARunIsNotOverwrittenByAccident) {
  {
    auto run = RunFolder::create(folder.file("run"), config(), {}, false);
    save(*run, 3);
    ASSERT_TRUE(run->appendMetrics("a", "1\n").isOk());
    ASSERT_TRUE(run->saveBest(*session, state).isOk());
  }
  EXPECT_THAT(RunFolder::create(folder.file("run"), config(), {}, false).status().message(),
              HasSubstr("--resume"));
  auto run = RunFolder::create(folder.file("run"), config(), {}, true);
  ASSERT_TRUE(run);
  EXPECT_FALSE(run->readState());
  EXPECT_FALSE(run->hasBest());
  EXPECT_FALSE(folder.has("run/metrics.csv"));
}

TEST_F(RunFolderTest, OneProcessTrainsAtATime) {
  auto run = RunFolder::create(folder.file("run"), config(), {}, false);
  ASSERT_TRUE(run);
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
