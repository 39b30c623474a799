import pytest


def test_an_administrators_key_writes_and_reads(house):
    house.admin.put_object(Bucket="mybucket", Key="a.txt", Body=b"hello")
    assert house.admin.get_object(Bucket="mybucket", Key="a.txt")["Body"].read() == b"hello"
