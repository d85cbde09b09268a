/* Sessions: feeds, fetches, only what is needed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

static eg_graph *graph;
static eg_tensor *x, *y, *sum, *product, *broken;

static void build(void)
{
    graph = eg_graph_new("g");
    EG_GRAPH(graph);
    x = eg_give(eg_placeholder("x", EG_FLOAT32, EG_DIMS(2)));
    y = eg_give(eg_placeholder("y", EG_FLOAT32, EG_DIMS(2)));
    sum = eg_give(eg_add(x, y));
    product = eg_give(eg_mul(sum, 10));
    broken = eg_give(eg_gather(product, EG_I32(5, 5)));
}

TEST(a_session_computes_fetches_from_feeds)
{
    EG_SCOPE;
    build();
    eg_session *s = eg_session_new(graph);
    eg_tensor *r[2];

    for (int i = 0; i < 3; i++) {
        eg_session_run(s, EG_FEEDS({x, EG_F32(1, 2)}, {y, EG_F32(3, i)}), EG_IN(sum, product), r);
        assert_fine();
        float v[2];
        eg_read(r[1], EG_FLOAT32, v, 2);
        assert_true(v[0] == 40 && v[1] == 20 + 10 * i);
    }
    eg_session_free(s);
    eg_graph_free(graph);
}

TEST(only_what_a_fetch_needs_is_computed)
{
    EG_SCOPE;
    build();
    eg_session *s = eg_session_new(graph);
    eg_tensor *r;

    eg_session_run(s, EG_FEEDS({x, EG_F32(1, 2)}, {y, EG_F32(3, 4)}), EG_IN(product), &r);
    assert_prints(r, "[40. 60.] float32[2]");
    eg_session_run(s, EG_FEEDS({x, EG_F32(1, 2)}, {y, EG_F32(3, 4)}), EG_IN(broken), &r);
    assert_null(r);
    assert_error(EG_INVALID, "5");
    eg_session_run(s, EG_FEEDS({sum, EG_F32(7, 8)}), EG_IN(product), &r);
    assert_prints(r, "[70. 80.] float32[2]");
    eg_session_run(s, EG_FEEDS({x, EG_F32(7, 8)}), EG_IN(x), &r);
    assert_prints(r, "[7. 8.] float32[2]");
    eg_session_free(s);
    eg_graph_free(graph);
}

TEST(mistakes_in_feeds_and_fetches_are_named)
{
    EG_SCOPE;
    build();
    eg_session *s = eg_session_new(graph);
    eg_tensor *r;

    eg_session_run(s, EG_FEEDS({x, EG_F32(1, 2)}), EG_IN(sum), &r);
    assert_error(EG_INVALID, "placeholder \"y\"");
    eg_session_run(s, EG_FEEDS({x, EG_F32(1, 2)}, {y, EG_F32(1, 2, 3)}), EG_IN(sum), &r);
    assert_error(EG_INVALID, "feed 1 is float32[3], but the symbol is float32[2]");
    eg_session_run(s, EG_FEEDS({x, EG_F32(1, 2)}), EG_IN(EG_F32(1)), &r);
    assert_error(EG_INVALID, "fetch 0 is no symbol");
    eg_session_run(s, EG_FEEDS({x, NULL}), EG_IN(sum), &r);
    assert_error(EG_INVALID, "feed 0 is NULL");
    eg_session_run(NULL, 0, NULL, EG_IN(sum), &r);
    assert_error(EG_INVALID, "needed");
    assert_null(r);
    eg_session_free(s);
    eg_session_free(NULL);
    eg_graph_free(graph);
}

TEST(variables_in_a_graph_are_read_when_it_runs)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F32(1, 2), .name = "v"), *twice, *r;
    eg_graph *g = eg_graph_new("g");
    {
        EG_GRAPH(g);
        twice = eg_mul(v, 2);
        eg_name(twice, "twice");
        eg_give(twice);
    }
    eg_session *s = eg_session_new(g);
    eg_session_run(s, 0, NULL, EG_IN(twice), &r);
    assert_prints(r, "[2. 4.] float32[2]");
    eg_assign(v, EG_F32(5, 6));
    eg_session_run(s, 0, NULL, EG_IN(twice), &r);
    assert_prints(r, "[10. 12.] float32[2]");
    char *text = eg_graph_text(g);
    assert_non_null(strstr(text, "%0 = Variable(5, 6) \"v\" : float32[2]"));
    eg_graph *again = eg_graph_parse(text);
    eg_session *t = eg_session_new(again);
    eg_session_run(t, 0, NULL, EG_IN(eg_graph_symbol(again, "twice")), &r);
    assert_prints(r, "[10. 12.] float32[2]");
    eg_free(text);
    eg_session_free(t);
    eg_session_free(s);
    eg_graph_free(again);
    eg_graph_free(g);
    eg_variable_free(v);
}

TEST(a_saved_graph_loads_and_a_missing_file_is_named)
{
    char path[] = "/tmp/eagre-graph-XXXXXX";
    EG_SCOPE;
    build();
    eg_tensor *r;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    eg_name(product, "product");
    assert_int_equal(eg_graph_save(graph, path), EG_OK);
    eg_graph *loaded = eg_graph_load(path);
    assert_fine();
    eg_session *s = eg_session_new(loaded);
    eg_tensor *lx = eg_graph_symbol(loaded, "x"), *ly = eg_graph_symbol(loaded, "y");
    eg_session_run(s, EG_FEEDS({lx, EG_F32(1, 2)}, {ly, EG_F32(3, 4)}),
        EG_IN(eg_graph_symbol(loaded, "product")), &r);
    assert_prints(r, "[40. 60.] float32[2]");
    eg_session_free(s);
    eg_graph_free(loaded);
    eg_graph_free(graph);
    unlink(path);
    assert_null(eg_graph_load(path));
    assert_error(EG_IO, path);
    assert_int_equal(eg_graph_save(NULL, path), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
}

TEST(gradients_can_be_part_of_a_graph)
{
    EG_SCOPE;
    eg_graph *g = eg_graph_new("g");
    eg_tensor *in, *slope, *r;
    {
        EG_GRAPH(g);
        in = eg_placeholder("x", EG_FLOAT32, EG_NO_DIMS);
        {
            EG_TAPE;
            eg_watch(in);
            eg_gradient(eg_mul(eg_square(in), in), EG_IN(in), &slope);
            eg_give(slope);
        }
        eg_give(in);
        eg_give(slope);
    }
    assert_fine();
    eg_session *s = eg_session_new(g);
    eg_session_run(s, EG_FEEDS({in, eg_constant(2.0)}), EG_IN(slope), &r);
    assert_prints(r, "12. float32[]");
    eg_session_free(s);
    eg_graph_free(g);
}
