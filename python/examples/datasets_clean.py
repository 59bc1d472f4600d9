"""Cleans Parquet files with Hugging Face datasets.

python datasets_clean.py "crawl/*.parquet" cleaned.parquet --rules web --num-proc 4
"""

import argparse

import datasets

import tamis


def main() -> None:
    parser = argparse.ArgumentParser(description="Cleans Parquet files with tamis.")
    parser.add_argument("input", help="a Parquet file or a pattern of several")
    parser.add_argument("output", help="the Parquet file to write")
    parser.add_argument("--rules", action="append", help="a built-in rule set or a rules file")
    parser.add_argument("--text", default="text", help="the column of the text")
    parser.add_argument("--num-proc", type=int, help="processes")
    parser.add_argument("--drop", action="store_true",
                        help="leave out what was dropped or unreadable")
    arguments = parser.parse_args()

    cleaner = tamis.Cleaner(arguments.rules or "web", text=arguments.text)
    rows = datasets.load_dataset("parquet", data_files=arguments.input, split="train")
    cleaned = rows.map(cleaner.map_batch, batched=True, batch_size=256,
                       num_proc=arguments.num_proc)
    if arguments.drop:
        cleaned = cleaned.filter(lambda row: row["tamis"]["action"] in ("kept", "cut"))
    cleaned.to_parquet(arguments.output)


if __name__ == "__main__":
    main()
