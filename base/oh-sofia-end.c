/* SPDX-License-Identifier: GPL-3.0-or-later */
void sofia_su_uniqueid_destructor (void);

/* sofia-sip's destructor deletes the key of its thread-local random state, and where nothing asked
 * for a random number yet, that is key 0, which is GLib's own: each thread that GLib still has then
 * aborts the ending process ("Unexpected error from C library during 'pthread_setspecific'"). Defined
 * in the program itself it goes before sofia's; keys and files end with the process anyway. */
void
sofia_su_uniqueid_destructor (void)
{
}
