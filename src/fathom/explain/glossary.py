"""The words of the field that the views use, each in one plain sentence."""

TERMS = {
    "95 % interval": "The range in which the number would lie in about 95 of 100 repetitions "
    "with other examples of the same kind.",
    "F1": "One number for precision and recall together: their harmonic mean, which is high only "
    "when both are.",
    "bit": "A unit of surprise: a token that was held to be 1 in 2 probable costs 1 bit, one "
    "held to be 1 in 4 costs 2 bits, 1 in 8 costs 3.",
    "calibration": "Agreement between how sure the answers are and how often they are right.",
    "chrF": "How well runs of 1 to 6 letters of an answer agree with those of the truth, from 0 to "
    "100.",
    "confidence": "How probable the network holds its own answer to be.",
    "confusion matrix": "A table that counts, for each true class, which answers were given.",
    "finding": "Something noticed about the data before training; nothing is left out without one.",
    "fingerprint": "A short code computed from all raw data; if one letter of the data changes, "
    "so does the code.",
    "guessing level": "What is reached without looking at the example: always the most frequent "
    "class, or always the mean.",
    "held-out": "Examples kept away from training and from all decisions, and used once, to "
    "measure.",
    "interval coverage": "The share of true values that lie inside the interval that was given "
    "with the answer.",
    "label": "The answer that the data give for an example.",
    "loss": "How wrong the network is on what it is shown; training makes it smaller.",
    "parameter": "A number inside the network that is learned.",
    "precision": "Of the examples answered with this class, the share that really is of it.",
    "recall": "Of the examples that really are of this class, the share that was found.",
    "recipe": "Everything needed to repeat a run: data, network, size, training and seed.",
    "residual": "Answer minus truth: how far off an answer is, and in which direction.",
    "rival": "The classical method that was trained on the same examples and measured on the "
    "same held-out ones.",
    "run": "The folder that a training leaves behind.",
    "running median": "The middle value of neighbouring points; it shows the course without "
    "lagging behind it.",
    "seed": "The number that all chance in a run starts from; the same seed gives the same chance.",
    "self-check": "Something the report recounts or verifies about itself.",
    "temperature": "How much chance decides the next token when a text is written: 0 takes the "
    "most probable one each time.",
    "token": "A piece of text that the network reads and writes at once: a letter, or a few.",
    "update": "One small change of all parameters, after looking at one batch of examples.",
    "validation": "Examples that are not learned from, and that decide when to stop.",
}
