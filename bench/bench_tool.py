"""mlc-bench: what mlc does, with the times and numbers written down that benchmarks need."""
import pathlib


def beside(mlc):
    """The mlc-bench that was built with `mlc`; of builds before there was one mlc itself, which took the same options."""
    tool = pathlib.Path(mlc).with_name("mlc-bench")
    return str(tool) if tool.exists() else str(mlc)
