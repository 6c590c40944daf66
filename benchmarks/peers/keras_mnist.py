"""Keras' "Simple MNIST convnet" on the torch backend, as documented or tuned: `keras_mnist.py
FOLDER`.

Settings from keras.io/examples/vision/mnist_convnet: pictures from 0 to 1; two 3x3 convolutions of
32 and 64 channels, each with ReLU and max-pooling, dropout .5, softmax; categorical cross-entropy,
Adam with its defaults, batches of 128, shuffled by `fit`. Written anew here.

Tuned: the same network with mixed bfloat16, batches of 256, twice Adam's default rate.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from clock import Clock
from digits import BAR, LOOK_EVERY, parts
from keras import layers


class BarReachedError(Exception):
    """Validation has reached the bar: `fit` is left."""


class Looking(keras.callbacks.Callback):
    """Stops the clock now and then to look at validation."""

    def __init__(self, clock: Clock, images: np.ndarray, labels: np.ndarray) -> None:
        super().__init__()
        self.clock, self.images, self.labels = clock, images, labels

    def on_train_begin(self, logs: dict | None = None) -> None:
        """The first update is next."""
        self.clock.resume()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """One update is done."""
        if not self.clock.due():
            return
        self.clock.pause()
        with torch.no_grad():
            found = [
                np.asarray(self.model(self.images[k : k + 1000], training=False).detach().float())
                for k in range(0, len(self.images), 1000)
            ]
        right = np.concatenate(found).argmax(1) == self.labels
        if self.clock.reached(float(right.mean())):
            raise BarReachedError
        self.clock.resume()


def network() -> keras.Model:
    """The example's network."""
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax", dtype="float32"),
        ]
    )


def main() -> None:
    """Train until the bar or the last epoch, and print the result."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    torch.set_num_threads(options.threads)
    if options.tuned:
        keras.config.set_dtype_policy("mixed_bfloat16")
    images, labels, valid, valid_labels = parts(options.folder)
    scaled = images.astype("float32")[..., None] / 255
    classes = keras.utils.to_categorical(labels, 10)
    model = network()
    optimizer = keras.optimizers.Adam(2e-3) if options.tuned else "adam"
    model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    clock = Clock(BAR, every=LOOK_EVERY)
    looking = Looking(clock, valid.astype("float32")[..., None] / 255, valid_labels)
    try:
        model.fit(
            scaled,
            classes,
            batch_size=256 if options.tuned else 128,
            epochs=options.epochs,
            verbose=0,
            callbacks=[looking],
        )
        clock.pause()
    except BarReachedError:
        pass
    clock.tell()


if __name__ == "__main__":
    main()
