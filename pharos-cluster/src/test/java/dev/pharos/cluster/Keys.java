// SPDX-License-Identifier: Apache-2.0
package dev.pharos.cluster;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Makes keys, certificates and stores in a folder, by keytool. */
final class Keys {
    static final String PASSWORD = "changeit";

    private final Path folder;

    Keys(Path folder) {
        this.folder = folder;
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** Makes the key store of somebody, {@code WHOM.p12}, with a key whose certificate is signed by itself. */
    void key(String whom, String... more) throws IOException, InterruptedException {
        generate(whom, whom, more);
    }

    /** Makes the key store of somebody with a certificate that another has signed. */
    void signedKey(String whom, String by, String... more)
            throws IOException, InterruptedException, GeneralSecurityException {
        generate(
                by,
                whom,
                Stream.concat(Stream.of("-signer", by), Stream.of(more)).toArray(String[]::new));
        KeyStore both = KeyStore.getInstance(file(by + ".p12").toFile(), PASSWORD.toCharArray());
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry(
                whom,
                both.getKey(whom, PASSWORD.toCharArray()),
                PASSWORD.toCharArray(),
                both.getCertificateChain(whom));
        write(own, whom + ".p12");
    }

    /** Makes a store with the certificate of somebody, who is trusted by that. */
    void trust(String whom, String name) throws IOException, GeneralSecurityException {
        KeyStore own = KeyStore.getInstance(file(whom + ".p12").toFile(), PASSWORD.toCharArray());
        store(name, "PKCS12", own, whom);
    }

    /** Makes a store of a type with the certificate of somebody; or without any, if null. */
    void store(String name, String type, KeyStore from, String whom) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(type);
        store.load(null, null);
        if (whom != null) {
            store.setCertificateEntry(whom, from.getCertificate(whom));
        }
        write(store, name);
    }

    private void write(KeyStore store, String name) throws IOException, GeneralSecurityException {
        try (OutputStream out = Files.newOutputStream(file(name))) {
            store.store(out, PASSWORD.toCharArray());
        }
    }

    private void generate(String store, String alias, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store + ".p12",
                "-alias",
                alias));
        command.addAll(List.of("-storepass", PASSWORD, "-storetype", "PKCS12"));
        command.addAll(List.of("-keyalg", "EC", "-dname", "CN=" + alias, "-validity", "2"));
        command.addAll(List.of(more)); // of two options of a name, the last holds
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(command + ": " + output);
        }
    }
}
