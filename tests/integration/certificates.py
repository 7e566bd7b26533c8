"""A TLS authority of a lab's own."""

import subprocess


def certificates(folder, addresses):
    """An authority and one certificate for all, as the TLS options of the programs."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    folder.mkdir()
    (folder / "names").write_text(
        "subjectAltName=" + ",".join(f"IP:{a}" for a in addresses))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=lab authority",
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=lab", "-keyout", folder / "key.pem", "-out", folder / "csr.pem")
    openssl("x509", "-req", "-in", folder / "csr.pem", "-CA", folder / "ca.pem",
            "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", folder / "names", "-out", folder / "cert.pem")
    return ["--tls-certificate", str(folder / "cert.pem"), "--tls-key",
            str(folder / "key.pem"), "--tls-authority", str(folder / "ca.pem")]
