/* The kernels for Python: `run` releases the interpreter's lock, and does all else by buffers. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include "layout.h"
#include "real.h"
#include "ssa.h"
#include "stream.h"

static void release(Py_buffer *views, int count) {
    for (int i = 0; i < count; i++)
        PyBuffer_Release(&views[i]);
}

/* The memory of a tuple of contiguous buffers. Returns how many were taken. */
static int take(PyObject *tuple, int count, int writable, Py_buffer *views, layout_buffer *found) {
    if (!PyTuple_Check(tuple) || PyTuple_Size(tuple) != count) {
        PyErr_Format(PyExc_TypeError, "not a tuple of %d buffers", count);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        const int flags = PyBUF_C_CONTIGUOUS | (writable ? PyBUF_WRITABLE : 0);
        if (PyObject_GetBuffer(PyTuple_GetItem(tuple, i), &views[i], flags) != 0)
            return i;
        found[i].data = views[i].buf;
        found[i].bytes = views[i].len;
    }
    return count;
}

static PyObject *run(PyObject *self, PyObject *args) {
    (void)self;
    const char *kernel;
    PyObject *network, *block;
    Py_ssize_t from, to;
    if (!PyArg_ParseTuple(args, "sOOnn", &kernel, &network, &block, &from, &to))
        return NULL;
    const int rejection = strcmp(kernel, "rejection") == 0;
    if (!rejection && strcmp(kernel, "lockstep") != 0) {
        PyErr_Format(PyExc_ValueError, "no kernel %s", kernel);
        return NULL;
    }

    Py_buffer views[LAYOUT_NETWORK + LAYOUT_BLOCK];
    layout_buffer found[LAYOUT_NETWORK + LAYOUT_BLOCK];
    int taken = take(network, LAYOUT_NETWORK, 0, views, found);
    if (taken == LAYOUT_NETWORK)
        taken += take(block, LAYOUT_BLOCK, 1, views + taken, found + taken);
    int failed = 0;
    if (taken == LAYOUT_NETWORK + LAYOUT_BLOCK) {
        ssa_network n;
        ssa_block b;
        const char *wrong = layout_network(found, &n);
        if (wrong == NULL)
            wrong = layout_block(found + LAYOUT_NETWORK, &n, &b);
        if (wrong == NULL && (from < 0 || to > b.replicates))
            wrong = "no such replicates";
        if (wrong != NULL) {
            PyErr_SetString(PyExc_ValueError, wrong);
        } else {
            Py_BEGIN_ALLOW_THREADS
            failed = rejection ? ssa_rejection(&n, &b, from, to) : ssa_lockstep(&n, &b, from, to);
            Py_END_ALLOW_THREADS
            if (failed)
                PyErr_NoMemory();
        }
    }
    release(views, taken);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *logarithm(PyObject *self, PyObject *args) {
    (void)self;
    double x;
    if (!PyArg_ParseTuple(args, "d", &x))
        return NULL;
    return PyFloat_FromDouble(real_log(x));
}

static PyObject *uniform(PyObject *self, PyObject *args) {
    (void)self;
    unsigned long long x;
    if (!PyArg_ParseTuple(args, "K", &x))
        return NULL;
    return PyFloat_FromDouble(real_uniform((uint64_t)x));
}

static PyObject *draws(PyObject *self, PyObject *args) {
    (void)self;
    unsigned long long s[4];
    Py_ssize_t count;
    if (!PyArg_ParseTuple(args, "(KKKK)n", &s[0], &s[1], &s[2], &s[3], &count))
        return NULL;
    uint64_t state[4] = {s[0], s[1], s[2], s[3]};
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *number = PyLong_FromUnsignedLongLong(stream_next(state, 1));
        if (number == NULL || PyList_Append(list, number) != 0)
            Py_CLEAR(list);
        Py_XDECREF(number);
    }
    return list;
}

static PyObject *instructions(PyObject *self, PyObject *args) {
    (void)self;
    (void)args;
    return PyUnicode_FromString(ssa_instructions());
}

static PyMethodDef methods[] = {
    {"run", run, METH_VARARGS,
     "run(kernel, network, block, from, to): replicates from..to-1 of a block, in place."},
    {"log", logarithm, METH_VARARGS, "log(x): the kernels' logarithm."},
    {"uniform", uniform, METH_VARARGS, "uniform(bits): the number in (0, 1) made of 64 bits."},
    {"draws", draws, METH_VARARGS, "draws(state, count): numbers of xoshiro256++."},
    {"instructions", instructions, METH_NOARGS, "instructions(): the instruction set in use."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_ssa",
                                        "Exact stochastic simulation in C.", 0, methods,
                                        NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__ssa(void) { return PyModule_Create(&definition); }
