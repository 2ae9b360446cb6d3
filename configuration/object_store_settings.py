"""The settings of an object store for papers."""

from configuration.setting import Setting
from configuration.values import as_bucket_if_any, as_text, as_url_if_any, as_word


class ObjectStoreSettings:
    """Where papers are kept instead of in a folder, as the environment says; a part of all settings."""

    s3_bucket = Setting(
        "SHAREFLOW_S3_BUCKET",
        as_bucket_if_any,
        "`bucket` or `bucket/prefix`",
        "the bucket of an S3-compatible store in which papers are kept, in the place of a folder "
        "([documents.md](documents.md))",
        "all",
        shown="none: `SHAREFLOW_ATTACHMENTS`",
    )
    s3_endpoint = Setting(
        "SHAREFLOW_S3_ENDPOINT",
        as_url_if_any,
        "address",
        "where that store is, such as `https://oss.example.gov.cn`",
        "all",
        shown="AWS's own",
    )
    s3_region = Setting("SHAREFLOW_S3_REGION", as_word, "word", "the region of the bucket", "all", "us-east-1")
    s3_key_id = Setting("SHAREFLOW_S3_KEY_ID", as_text, "word", "who comes to it", "all", shown="none")
    s3_secret = Setting(
        "SHAREFLOW_S3_SECRET", as_text, "text", "the secret key that belongs to it", "all", shown="none", secret=True
    )
