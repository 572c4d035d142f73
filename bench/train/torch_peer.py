"""PyTorch, eager and compiled, and ONNX Runtime, which runs what PyTorch exports."""
import torch
import torch._inductor.config

import models
import torch_models
from peer import Peer, batches, rows


def tensors(unit, channels_last):
    """A batch as PyTorch wants it: integers as i64, pictures [n, c, h, w] in the memory format."""
    made = {}
    for name, value in unit.items():
        tensor = torch.from_numpy(value.copy())
        if tensor.dtype == torch.int32:
            tensor = tensor.long()
        elif tensor.ndim == 4:
            tensor = tensor.permute(0, 3, 1, 2).contiguous(
                memory_format=torch.channels_last if channels_last else torch.contiguous_format)
        made[name] = tensor
    return made


class Torch(Peer):
    """The better of the two memory formats by a short race, then from mlc's weights."""

    def __init__(self, compiled, workload, folder, race):
        self.compiled, self.workload, self.folder = compiled, workload, folder
        self.initial = models.read_safetensors(folder / "initial.safetensors")
        formats = {"": False}
        if any(value.ndim == 4 for value in self.initial.values()):
            formats = {"NCHW": False, "channels last": True}
            self.choice = min(formats, key=lambda name: self.race(formats[name])) if race else "NCHW"
        self.begin(formats[self.choice])

    def race(self, channels_last):
        self.begin(channels_last)
        self.timed(2)
        steps = max(2, round(0.3 / (self.timed(2) / 2)))
        return min(self.timed(steps) / steps for _ in range(3))

    def begin(self, channels_last):
        w = self.workload
        self.model = torch_models.build(w.model, self.initial, channels_last)
        units = rows(self.folder) if w.predict else batches(self.folder)
        self.units = [tensors(unit, channels_last) for unit in units]
        self.model.train(not w.predict)
        torch._inductor.config.freezing = w.predict  # weights in the layout that suits them, folded where they can be
        function = self.model.forward if w.predict else self.model.loss
        self.call = torch.compile(function) if self.compiled else function
        self.optimizer = torch_models.OPTIMIZERS[w.optimizer](self.model.parameters(), w.options)
        self.step = self.predict if w.predict else self.train

    def train(self, batch):
        self.optimizer.zero_grad()
        loss = self.call(batch)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    @torch.inference_mode()
    def predict(self, row):
        return self.call(*row.values())

    @staticmethod
    def numbers(output):
        return output.flatten().tolist()


class Onnx(Peer):
    def __init__(self, workload, folder, threads):
        import onnxruntime
        initial = models.read_safetensors(folder / "initial.safetensors")
        model = torch_models.build(workload.model, initial, False).eval()
        units = [tensors(unit, False) for unit in rows(folder)]
        path = folder / "model.onnx"
        torch.onnx.export(model, tuple(units[0].values()), str(path), dynamo=True, external_data=False, verbose=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = [port.name for port in self.session.get_inputs()]
        self.units = [dict(zip(names, (value.numpy() for value in unit.values()))) for unit in units]

    def step(self, row):
        return self.session.run(None, row)[0]

    @staticmethod
    def numbers(output):
        return output.ravel().tolist()


def make(kind, workload, folder, threads, race=True):
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("highest")
    torch.set_flush_denormal(True)
    if kind == "onnxruntime":
        return Onnx(workload, folder, threads)
    return Torch(kind == "torch_compile", workload, folder, race)
