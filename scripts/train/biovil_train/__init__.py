"""The training recipe of CXR-BERT and BioViL, and phantoms to try it on. The command line is in cli.py."""
