// A fake program, its data and a run folder, ready to train.
#ifndef MLC_TEST_UNIT_RUNTIME_TRAINFIXTURE_H
#define MLC_TEST_UNIT_RUNTIME_TRAINFIXTURE_H

#include "FakeProgram.h"
#include "FullDisk.h"
#include "TempFolder.h"
#include "runtime/data/Fingerprint.h"
#include "runtime/train/Trainer.h"

#include <csignal>
#include <functional>

namespace mlc::test {

class Recorder : public TrainObserver {
public:
  void onStep(const StepReport &report) override {
    steps.push_back(report);
    if (stop && report.update == stopAt)
      stop->store(SIGTERM);
    if (killAt != 0 && report.update == killAt)
      kill();
  }
  void onLog(const LogReport &report) override { logs.push_back(report); }
  void onEpoch(const EpochReport &report) override { epochs.push_back(report); }
  void onEnd(const TrainResult &) override { ++ends; }

  std::vector<StepReport> steps;
  std::vector<LogReport> logs;
  std::vector<EpochReport> epochs;
  int ends = 0;
  std::atomic<int> *stop = nullptr;
  uint64_t stopAt = 0;
  uint64_t killAt = 0; ///< the run folder after this update is what a killed process would leave
  std::function<void()> kill;
};

class TrainFixture : public testing::Test {
protected:
  TrainFixture() {
    folder.write("points.csv", linearCsv(45)); // 36 rows train, in batches of 8: the last has 4
    options.train = program.manifest().train;
    options.scalars = program.manifest().scalars;
    options.stop = &stop;
    options.reportEvery = 0;
  }

  RunConfig config() {
    RunConfig config;
    config.manifest = program.manifest();
    if (options.train.batch > 0)
      config.manifest.train = options.train;
    config.vocabulary = data.vocabulary;
    config.modelFolder = folder.path();
    if (data.train.data)
      config.data["train"] = *fingerprintOf(*data.train.data, *program.manifest().data.train);
    return config;
  }

  /// Trains into folder/`name` from the start, or from its checkpoint.
  TrainResult train(const std::string &name, bool resume = false, int threads = 1) {
    TrainResult failed;
    Expected<TrainingData> read = readTrainingData(program.manifest(), {folder.path(), ""});
    EXPECT_TRUE(read) << read.status().message();
    data = std::move(*read);
    Expected<std::unique_ptr<Session>> session = Session::create(program, threads);
    EXPECT_TRUE(session) << session.status().message();
    Expected<RunFolder> run =
        resume ? RunFolder::open(folder.file(name), true)
               : RunFolder::create(folder.file(name), config(), {{"model.mlc", "text\n"}}, false);
    failed.status = run.status();
    if (!run)
      return failed;
    Trainer trainer(**session, data, *run, options, recorder);
    failed.status = resume ? trainer.resume() : trainer.start();
    if (failed.status.isOk() && resume && !trainer.isDone()) {
      RunConfig again = config();
      again.batchSince = trainer.batchSince();
      failed.status = run->amend(again, {});
    }
    if (!failed.status.isOk())
      return failed;
    TrainResult result = trainer.run();
    if (result.divergence) {
      replayed = trainer.replay(result.divergence->update);
      if (replayed && *replayed)
        replayedW.assign(reinterpret_cast<const float *>((*session)->state()),
                         reinterpret_cast<const float *>((*session)->state()) + 3);
    }
    return result;
  }

  /// The same, stopped by a signal after update `at`.
  TrainResult trainStopped(const std::string &name, uint64_t at, bool resume = false) {
    recorder.stop = &stop;
    recorder.stopAt = at;
    TrainResult result = train(name, resume);
    recorder.stop = nullptr;
    stop = 0;
    return result;
  }

  /// Trains to the end; what a process that was killed after update `at` would leave is then in the folder
  /// that is returned.
  std::string trainKilled(const std::string &name, uint64_t at) {
    std::string left = name + "-left";
    recorder.killAt = at;
    recorder.kill = [&] { folder.copy(name, left); };
    TrainResult result = train(name);
    recorder.killAt = 0;
    EXPECT_TRUE(result.status.isOk()) << result.status.message();
    return left;
  }

  std::string model(const std::string &run) { return folder.read(run + "/model.safetensors"); }
  std::string slots(const std::string &run) { return folder.read(run + "/optimizer.safetensors"); }
  std::string metrics(const std::string &run) { return folder.read(run + "/metrics.csv"); }

  TempFolder folder;
  FakeProgram program;
  TrainingData data;
  TrainerOptions options;
  Recorder recorder;
  std::atomic<int> stop{0};
  std::optional<Expected<ReplayedStep>> replayed;
  std::vector<float> replayedW;
};

} // namespace mlc::test
#endif
