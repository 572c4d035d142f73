# How lit finds and runs the text tests: .mlir and .mlc files, and .test files for the command.
import os

import lit.formats

config.name = "mlc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".mlc", ".test"]
# Sanitizers take longer.
lit_config.maxIndividualTestTime = int(os.environ.get("MLC_TEST_TIMEOUT", "300"))
config.excludes = ["unit", "faults", "Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.mlc_build, "test")

# `mlc`, `mlc-opt`, `FileCheck`, `not`, `split-file` and test programs are found on the path; nothing is substituted by name.
folders = [os.path.join(config.mlc_build, "bin"), os.path.join(config.mlc_build, "test/bin"), config.llvm_tools]
config.environment["PATH"] = os.pathsep.join([*folders, config.environment["PATH"]])
# Kernel objects of the tests stay in the build folder, and out of the person's own cache.
config.environment["XDG_CACHE_HOME"] = os.path.join(config.mlc_build, "test", "cache")
config.environment["FILECHECK_OPTS"] = "--enable-var-scope"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "MLC_SWEEP"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%examples", os.path.join(config.mlc_source, "examples")))
config.substitutions.append(("%source", config.mlc_source))
config.substitutions.append(("%build", config.mlc_build))
config.substitutions.append(("%python", "/usr/bin/python3"))
# Kernels on each instruction set: the list is there.
config.substitutions.append(("%every-isa", "/usr/bin/python3 " + os.path.join(config.test_source_root, "compiler/kernels/Inputs/every_isa.py")))
if os.path.isdir("/usr/share/datasets/fashion-mnist"):
    config.available_features.add("fashion-mnist")
