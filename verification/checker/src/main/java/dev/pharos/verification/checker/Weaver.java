// SPDX-License-Identifier: Apache-2.0
package dev.pharos.verification.checker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.FieldModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Loads the code under test and the scenarios, with a call of {@link Hooks} before everything that other threads could
 * notice: each access to a field that is not final, by name or by VarHandle, and each call of java.util.concurrent; and
 * in the place of the few methods by which threads, time and parking would escape from the checker.
 *
 * <p>Not woven are a class initializer, and the writes of a constructor to fields of its own object, which nobody else
 * has yet. A final field is taken to be written before its object is shared.
 */
final class Weaver extends ClassLoader {
    private static final String CORE = "dev.pharos.";
    private static final String HERE = "dev.pharos.verification.";
    private static final String SCENARIOS = HERE + "checker.Scenarios";
    private static final ClassDesc HOOKS = Hooks.class.describeConstable().orElseThrow();
    private static final String JUC = "java/util/concurrent/";

    /** Methods of the JDK that have a method of the same name in Hooks. */
    private static final Map<String, Set<String>> REPLACED = Map.of(
            "java/util/concurrent/locks/LockSupport", Set.of("park", "parkNanos", "unpark"),
            "java/util/concurrent/ForkJoinPool", Set.of("managedBlock"),
            "java/util/concurrent/ForkJoinTask", Set.of("inForkJoinPool"),
            "java/lang/System", Set.of("nanoTime"),
            "java/lang/Thread", Set.of("interrupted", "isInterrupted", "interrupt", "getThreadGroup", "start"));

    private final Path classes;
    private final Map<String, ClassModel> models = new HashMap<>();

    /** A loader for the class files of a core in a directory. */
    Weaver(Path classes) {
        super(Weaver.class.getClassLoader());
        this.classes = classes;
    }

    /** The scenarios, for the core of this loader. */
    @SuppressWarnings("unchecked")
    List<Scenario> scenarios() {
        try {
            return (List<Scenario>) loadClass(SCENARIOS).getMethod("all").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        boolean woven = name.startsWith(HERE) ? name.startsWith(SCENARIOS) : name.startsWith(CORE);
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null && woven) {
                byte[] bytes = weave(model(name.replace('.', '/')));
                return defineClass(name, bytes, 0, bytes.length);
            }
            return loaded != null ? loaded : super.loadClass(name, resolve);
        }
    }

    private ClassModel model(String internalName) {
        return models.computeIfAbsent(internalName, name -> {
            Path file = classes.resolve(name + ".class");
            try (InputStream in =
                    Files.exists(file) ? Files.newInputStream(file) : getResourceAsStream(name + ".class")) {
                return ClassFile.of().parse(in.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private byte[] weave(ClassModel model) {
        return ClassFile.of().transformClass(model, (builder, element) -> {
            if (element instanceof MethodModel method && !method.methodName().equalsString("<clinit>")) {
                builder.transformMethod(method, MethodTransform.transformingCode(new Steps(model, method)));
            } else {
                builder.with(element);
            }
        });
    }

    /** The number of a field among those of its class that are not final; -1 if it is not there. */
    private int field(String owner, String name) {
        int number = 0;
        for (FieldModel field : model(owner).fields()) {
            if (!field.flags().has(AccessFlag.FINAL)) {
                if (field.fieldName().equalsString(name)) {
                    return number;
                }
                number++;
            }
        }
        return -1;
    }

    /** Weaves a method. */
    private final class Steps implements CodeTransform {
        private final String owner;
        private final boolean constructor;

        /** For each VarHandle on the stack the variable whose object comes after it; -1 if it is not a variable. */
        private final Deque<Integer> receivers = new ArrayDeque<>();

        private final Deque<String> handles = new ArrayDeque<>();
        private boolean handleLoaded;

        Steps(ClassModel model, MethodModel method) {
            owner = model.thisClass().asInternalName();
            constructor = method.methodName().equalsString("<init>");
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            if (element instanceof FieldInstruction field) {
                access(code, field);
            } else if (element instanceof InvokeInstruction call) {
                call(code, call);
            } else {
                code.with(element);
            }
            if (element instanceof Instruction instruction) {
                if (handleLoaded
                        && instruction instanceof LoadInstruction load
                        && load.typeKind() == TypeKind.REFERENCE) {
                    receivers.pop();
                    receivers.push(load.slot());
                }
                handleLoaded = instruction instanceof FieldInstruction field && isHandle(field);
            }
        }

        private boolean isHandle(FieldInstruction field) {
            return field.opcode() == Opcode.GETSTATIC && field.typeSymbol().equals(ConstantDescs.CD_VarHandle);
        }

        private void access(CodeBuilder code, FieldInstruction field) {
            String of = field.owner().asInternalName();
            String name = field.name().stringValue();
            boolean write = field.opcode() == Opcode.PUTFIELD || field.opcode() == Opcode.PUTSTATIC;
            boolean own = constructor && write && of.equals(owner);
            int number = of.startsWith("dev/pharos/") ? field(of, name) : -1;
            if (isHandle(field)) {
                receivers.push(-1);
                handles.push(name.toLowerCase(Locale.ROOT));
            } else if (number >= 0 && !own) {
                String what = (write ? "writes " : "reads ") + name;
                if (field.opcode() == Opcode.GETFIELD) {
                    code.dup();
                    hook(code, number, false, what);
                } else if (field.opcode() == Opcode.PUTFIELD
                        && TypeKind.from(field.typeSymbol()).slotSize() == 1) {
                    code.dup2().pop();
                    hook(code, number, true, what);
                } else {
                    hook(code, "anything", what);
                }
            }
            code.with(field);
        }

        private void call(CodeBuilder code, InvokeInstruction call) {
            String of = call.owner().asInternalName();
            String name = call.name().stringValue();
            if (of.equals("java/lang/invoke/VarHandle") && call.opcode() == Opcode.INVOKEVIRTUAL) {
                access(code, name);
                code.with(call);
            } else if (REPLACED.getOrDefault(of, Set.of()).contains(name)) {
                MethodTypeDesc type = call.typeSymbol();
                boolean isStatic = call.opcode() == Opcode.INVOKESTATIC;
                code.invokestatic(
                        HOOKS,
                        name,
                        isStatic
                                ? type
                                : type.insertParameterTypes(0, call.owner().asSymbol()));
            } else if (name.equals("defaultExecutor")) {
                code.invokestatic(
                        HOOKS,
                        name,
                        call.typeSymbol()
                                .insertParameterTypes(0, ClassDesc.of("java.util.concurrent.CompletableFuture")));
            } else if (of.startsWith(JUC) && !of.equals(JUC + "TimeUnit") && !name.equals("<init>")) {
                hook(code, "call", "calls " + name);
                code.with(call);
                code.invokestatic(HOOKS, "returned", ConstantDescs.MTD_void);
            } else {
                code.with(call);
            }
        }

        /** An access by VarHandle, to the field of its name in small letters. */
        private void access(CodeBuilder code, String operation) {
            int receiver = receivers.pop();
            String field = handles.pop();
            int number = field(owner, field);
            boolean write = !operation.startsWith("get") || operation.startsWith("getAnd");
            String what = operation + " " + field;
            if (receiver >= 0 && number >= 0) {
                code.aload(receiver);
                hook(code, number, write, what);
            } else {
                hook(code, "anything", what);
            }
        }

        private static void hook(CodeBuilder code, int field, boolean write, String what) {
            code.loadConstant(field).loadConstant(write ? 1 : 0).loadConstant(what);
            code.invokestatic(
                    HOOKS,
                    "access",
                    MethodTypeDesc.of(
                            ConstantDescs.CD_void,
                            ConstantDescs.CD_Object,
                            ConstantDescs.CD_int,
                            ConstantDescs.CD_boolean,
                            ConstantDescs.CD_String));
        }

        private static void hook(CodeBuilder code, String hook, String what) {
            code.loadConstant(what);
            code.invokestatic(HOOKS, hook, MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String));
        }
    }
}
