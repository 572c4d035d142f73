"""JAX: the whole step jitted, its state given to it to be overwritten."""
import jax
from jax import numpy as jnp

import jax_models
import models
from peer import Peer, batches, rows

jax.config.update("jax_default_matmul_precision", "highest")


class Jax(Peer):
    def __init__(self, workload, folder):
        self.tensors = {name: jnp.array(value) for name, value in models.read_safetensors(folder / "initial.safetensors").items()}
        units = rows(folder) if workload.predict else batches(folder)
        self.units = [{name: jnp.array(value) for name, value in unit.items()} for unit in units]
        if workload.predict:
            self.function = jax_models.prediction(workload.model)
            self.step = self.predict
            return
        trainable = [name for name in self.tensors if not name.endswith((".mean", ".var"))]
        slots = jax_models.OPTIMIZERS[workload.optimizer][1](workload.options)
        # Each slot is a buffer of its own: all are given away.
        self.slots = {name: tuple(jnp.array(jnp.zeros_like(self.tensors[name])) for _ in range(slots)) for name in trainable}
        self.count = jnp.array(1.0, "float32")
        self.function = jax_models.training(workload.model, workload.optimizer, workload.options, trainable)
        self.step = self.train

    def train(self, batch):
        self.tensors, self.slots, self.count, self.loss = self.function(self.tensors, self.slots, self.count, batch)
        return self.loss

    def predict(self, row):
        return self.function(self.tensors, row).block_until_ready()

    def finish(self):
        jax.block_until_ready(self.tensors)

    @staticmethod
    def numbers(output):
        return output.ravel().tolist()


def make(kind, workload, folder, threads, race=True):
    return Jax(workload, folder)
