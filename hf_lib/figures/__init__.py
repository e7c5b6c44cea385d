"""The course's pictures: one pure function a picture; ``chNN.py`` lists those of chapter NN, wherever they stand."""
