"""What errors mean for the images of the shipped networks: the class that a sample belongs to, and how far sets of samples lie apart."""
import gzip
import pathlib

import numpy as np

FASHION = pathlib.Path('/usr/share/datasets/fashion-mnist')  # Debian's dataset-fashion-mnist
NEIGHBOURS, FASHION_ROWS = 5, 10000


def digits():
    from sklearn.datasets import load_digits
    pixels, label = load_digits(return_X_y=True)
    return pixels / 8 - 1, label


def fashion():
    def read(name, header):
        with gzip.open(FASHION / f'train-{name}-ubyte.gz') as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)
    return read('images-idx3', 16).reshape(-1, 784)[:FASHION_ROWS] / 127.5 - 1, read('labels-idx1', 8)[:FASHION_ROWS]


def class_of(name, dimension):
    """images -> class of each, by the nearest training images; None where the problem has no classes that we know, of images so large."""
    load = next((data for kind, data in (('digits', digits), ('fashion', fashion)) if name in (kind, f'{kind}_guided')), None)
    if load is None:
        return None
    from sklearn.neighbors import KNeighborsClassifier
    images, labels = load()
    if images.shape[1] != dimension:
        return None
    neighbours = KNeighborsClassifier(NEIGHBOURS).fit(images, labels)
    return lambda x: neighbours.predict(x.reshape(len(x), -1))


def sliced_distance(a, b, directions=200, seed=0):
    """Sliced Wasserstein-2 distance of two sets of as many samples, a coordinate."""
    d = a[0].size
    u = np.random.default_rng(seed).standard_normal((d, directions))
    u *= np.sqrt(d) / np.linalg.norm(u, axis=0)
    along = lambda x: np.sort(x.reshape(len(x), -1) @ u, axis=0)
    return float(np.sqrt(((along(a) - along(b))**2).mean() / d))
