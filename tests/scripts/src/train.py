import argparse
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--rate", type=float, default=0.1)
parser.add_argument("--model", type=Path, required=True)
arguments = parser.parse_args()

rows = [line for file in sorted(arguments.data.glob("*.csv")) for line in file.read_text().splitlines()[1:]]
print(f"training on {len(rows)} rows at rate {arguments.rate} with Python {sys.version_info[0]}")
arguments.model.mkdir(parents=True, exist_ok=True)
(arguments.model / "model.txt").write_text(f"rows={len(rows)} rate={arguments.rate}\n")
