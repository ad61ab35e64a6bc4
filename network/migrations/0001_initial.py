"""What the network knows of merchants, their shops, keys, messages and terms."""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
import skuu.kit.crypto
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='OperationCost',
            fields=[
                ('operation', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('asked', models.FloatField()),
                ('actual', models.FloatField(null=True)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='DailyRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('on', models.DateField()),
                ('rate', models.DecimalField(decimal_places=6, max_digits=16)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('currency', 'on'), name='a_rate_is_set_once_a_day'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='a_rate_is_positive')],
            },
        ),
        migrations.CreateModel(
            name='Merchant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('legal_name', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('retailer', 'Retailer'), ('brand', 'Brand'), ('supplier', 'Supplier')], default='retailer', max_length=10)),
                ('country', models.CharField(max_length=2)),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('address1', models.CharField(blank=True, max_length=200)),
                ('postcode', models.CharField(blank=True, max_length=12)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('oss', models.BooleanField(default=False, verbose_name='uses the One Stop Shop')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['retailer', 'brand', 'supplier'])), name='merchant_kind_is_known'), models.UniqueConstraint(fields=('legal_name',), name='merchant_legal_name_is_unique')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Shop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('platform', models.CharField(default='shopify', max_length=12)),
                ('domain', models.CharField(max_length=120, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('status', models.CharField(choices=[('installing', 'Installing'), ('shadow', 'Shadow mode'), ('live', 'Live'), ('paused', 'Paused'), ('left', 'Left')], default='installing', max_length=12)),
                ('country', models.CharField(max_length=2)),
                ('currency', models.CharField(max_length=3)),
                ('address1', models.CharField(blank=True, max_length=200)),
                ('postcode', models.CharField(blank=True, max_length=12)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('taxes_included', models.BooleanField(default=True)),
                ('shelf_service_id', models.CharField(blank=True, max_length=120)),
                ('shelf_location_id', models.CharField(blank=True, max_length=120)),
                ('gap_threshold', models.PositiveIntegerField(default=0, verbose_name='a gap is own stock at or below')),
                ('placing', models.CharField(choices=[('gaps', 'Gaps only'), ('deepen', 'Deepen')], default='gaps', max_length=8)),
                ('placement_cap', models.PositiveIntegerField(default=5, verbose_name='at most on the shelf per size')),
                ('sells_to', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, size=None)),
                ('home_only', models.BooleanField(default=True, verbose_name='a lawful route to the home country is enough')),
                ('max_distance_km', models.PositiveIntegerField(blank=True, null=True)),
                ('promise_days', models.PositiveIntegerField(default=5, verbose_name='delivery promise in working days')),
                ('typical_postcode', models.CharField(blank=True, max_length=12)),
                ('shares_stock', models.BooleanField(default=True)),
                ('buffer', models.PositiveIntegerField(default=0, verbose_name='units kept back per size')),
                ('handling_days', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('price_floor_bp', models.PositiveIntegerField(default=1000, verbose_name='may be sold below own price by, in basis points')),
                ('accept_mode', models.CharField(choices=[('automatic', 'Automatic'), ('ask', 'Ask first')], default='automatic', max_length=10)),
                ('installed_at', models.DateTimeField(blank=True, null=True)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('checklist', models.JSONField(blank=True, default=list)),
                ('products_read_until', models.DateTimeField(blank=True, null=True)),
                ('orders_read_until', models.DateTimeField(blank=True, null=True)),
                ('orders_read_due_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shops', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('installing', 'shadow', 'live', 'paused', 'left'))), name='shop_status_is_known'), models.CheckConstraint(condition=models.Q(('placing__in', ['gaps', 'deepen'])), name='shop_placing_policy_is_known'), models.CheckConstraint(condition=models.Q(('accept_mode__in', ['automatic', 'ask'])), name='shop_accept_mode_is_known'), models.CheckConstraint(condition=models.Q(('price_floor_bp__lte', 10000)), name='price_floor_is_at_most_the_whole_price')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RateCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin_kind', models.CharField(max_length=10)),
                ('shipper_kind', models.CharField(max_length=10)),
                ('version', models.PositiveIntegerField()),
                ('origin_bp', models.PositiveIntegerField(verbose_name="selling shop's fee, basis points of the net price")),
                ('network_bp', models.PositiveIntegerField(verbose_name="network's fee, basis points of the net price")),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='last day, of a promotion')),
                ('currency', models.CharField(db_default='EUR', default='EUR', max_length=3)),
                ('network_fixed_minor', models.PositiveIntegerField(db_default=0, default=0, verbose_name="network's fixed fee per internal order")),
                ('network_min_minor', models.PositiveIntegerField(db_default=0, default=0, verbose_name="network's smallest fee per internal order")),
                ('network_max_minor', models.PositiveIntegerField(blank=True, null=True, verbose_name="network's largest fee per internal order")),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('network_max_minor', None), ('network_max_minor__gte', models.F('network_min_minor')), _connector='OR'), name='the_largest_fee_is_not_below_the_smallest'), models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='a_promotion_ends_after_it_starts'), models.UniqueConstraint(fields=('origin_kind', 'shipper_kind', 'version'), name='rate_card_version_is_unique_per_route'), models.CheckConstraint(condition=models.Q(('origin_bp__lte', 9000), ('network_bp__lte', 2000)), name='rate_card_leaves_the_shipper_something')],
            },
        ),
        migrations.CreateModel(
            name='StoreBudget',
            fields=[
                ('shop', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='budget', serialize=False, to='network.shop')),
                ('maximum', models.FloatField()),
                ('rate', models.FloatField()),
                ('available', models.FloatField()),
                ('at', models.DateTimeField()),
                ('blocked_until', models.DateTimeField(null=True)),
                ('throttled', models.PositiveBigIntegerField(default=0)),
                ('failures', models.PositiveIntegerField(db_default=0, default=0)),
                ('throttled_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SendingTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('services', models.JSONField(default=list)),
                ('zones', models.JSONField(default=dict)),
                ('cutoff_hour', models.PositiveSmallIntegerField(default=15)),
                ('handling_days', models.PositiveSmallIntegerField(default=0)),
                ('closed_on', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), blank=True, default=list, size=None)),
                ('capacity', models.PositiveIntegerField(blank=True, null=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('made_by', models.CharField(max_length=150)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop')),
            ],
            options={
                'verbose_name_plural': 'sending terms',
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(fields=('shop', 'version'), name='one_version_of_a_shops_sending_terms_is_made_once'), models.CheckConstraint(condition=models.Q(('cutoff_hour__lte', 24)), name='a_cut_off_is_an_hour_of_the_day'), models.CheckConstraint(condition=models.Q(('handling_days__lte', 10)), name='handling_takes_ten_days_at_most')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=120)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('link', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='network.shop')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(condition=models.Q(('done_at', None)), fields=['shop', 'created_at'], name='notice_open'), models.Index(condition=models.Q(('mailed_at', None)), fields=['created_at'], name='notice_unmailed')],
                'constraints': [models.UniqueConstraint(fields=('shop', 'key'), name='a_notice_is_given_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('remote_id', models.CharField(max_length=120)),
                ('name', models.CharField(max_length=120)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('postcode', models.CharField(blank=True, max_length=12)),
                ('city', models.CharField(blank=True, max_length=100)),
                ('address1', models.CharField(blank=True, max_length=200)),
                ('is_active', models.BooleanField(default=True)),
                ('shares', models.BooleanField(default=True, verbose_name='offers its stock to the network')),
                ('is_fulfilment_service', models.BooleanField(default=False)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='locations', to='network.shop')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(fields=('shop', 'remote_id'), name='location_is_known_once_per_shop'), models.CheckConstraint(condition=models.Q(('is_fulfilment_service', False)), name='a_shelf_is_not_a_location')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Leaving',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('asked_by', models.CharField(max_length=120)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=120)),
                ('left', models.BooleanField(default=False)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='network.shop')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('shop',), name='a_shop_leaves_once_at_a_time'), models.CheckConstraint(condition=models.Q(('left', False), ('ended_at__isnull', False), _connector='OR'), name='who_left_has_ended_leaving')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='InboundEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=80)),
                ('webhook_id', models.CharField(max_length=120)),
                ('event_id', models.CharField(blank=True, max_length=120)),
                ('triggered_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('body', skuu.kit.crypto.EncryptedText()),
                ('body_sha256', models.CharField(max_length=64)),
                ('repeats', models.PositiveIntegerField(default=0)),
                ('seen_before', models.BooleanField(default=False)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('failed', 'Failed, will be tried again'), ('dead', 'Dead: needs a person'), ('ignored', 'Ignored')], default='waiting', max_length=8)),
                ('figures', models.BooleanField(db_default=False, default=False)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('faults', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('unanswered', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('error', models.TextField(blank=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inbound', to='network.shop')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(condition=models.Q(('status__in', ['waiting', 'failed'])), fields=['figures', 'shop', 'next_attempt_at'], name='inbound_due_per_lane_and_shop'), models.Index(condition=models.Q(('status__in', ['waiting', 'failed']), ('unanswered__gt', 0)), fields=['next_attempt_at'], name='inbound_unanswered'), models.Index(fields=['shop', 'topic', 'body_sha256'], name='inbound_same_body'), models.Index(condition=models.Q(('status', 'dead')), fields=['received_at'], name='inbound_dead')],
                'constraints': [models.UniqueConstraint(fields=('shop', 'webhook_id'), name='a_webhook_is_stored_once_per_shop'), models.CheckConstraint(condition=models.Q(('status__in', ('waiting', 'done', 'failed', 'dead', 'ignored'))), name='inbound_status_is_known')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('prefix', models.CharField(db_index=True, max_length=12)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to='network.shop')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ShopChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='network.shop')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ShopCredential',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('access_token', skuu.kit.crypto.EncryptedText(default='')),
                ('refresh_token', skuu.kit.crypto.EncryptedText(default='')),
                ('expires_at', models.DateTimeField(null=True)),
                ('refresh_expires_at', models.DateTimeField(null=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, size=None)),
                ('refreshing_until', models.DateTimeField(null=True)),
                ('broken_at', models.DateTimeField(null=True)),
                ('broken_reason', models.TextField(blank=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('shop', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='credential', to='network.shop')),
            ],
        ),
        migrations.CreateModel(
            name='Stop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('shop', 'A shop: its messages wait, nothing is written to its store'), ('topic', 'A kind of message: it waits, of one shop or of all'), ('partner', "A partner: its stock stands on nobody's shelf")], max_length=8)),
                ('topic', models.CharField(blank=True, max_length=40)),
                ('reason', models.TextField()),
                ('by', models.CharField(max_length=120)),
                ('began_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=120)),
                ('shop', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='stops', to='network.shop')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['shop', 'topic', 'partner'])), name='stop_kind_is_known'), models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('kind', 'shop', 'topic'), name='one_thing_is_stopped_once_at_a_time', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'topic'), ('topic__gt', '')), models.Q(('kind__in', ['shop', 'partner']), ('shop__isnull', False), ('topic', '')), _connector='OR'), name='a_stop_names_what_it_stops'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('began_at')), _connector='OR'), name='a_stop_ends_after_it_began')],
            },
        ),
        migrations.CreateModel(
            name='SyncRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=12)),
                ('status', models.CharField(default='waiting', max_length=10)),
                ('remote_products_job', models.CharField(blank=True, max_length=120)),
                ('remote_levels_job', models.CharField(blank=True, max_length=120)),
                ('counts', models.JSONField(default=dict)),
                ('error', models.TextField(blank=True)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('shop', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sync_runs', to='network.shop')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'indexes': [models.Index(condition=models.Q(('status__in', ['waiting', 'reading'])), fields=['next_attempt_at'], name='sync_run_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ('waiting', 'reading', 'done', 'failed'))), name='sync_run_status_is_known'), models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'reading'])), fields=('shop',), name='one_larger_read_per_shop_at_a_time')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='TaxRegistration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=2)),
                ('vat_id', models.CharField(max_length=20)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tax_registrations', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'country', 'valid_from'), name='one_vat_number_per_country_and_start')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('operations', 'Operations'), ('finance', 'Finance'), ('readonly', 'Read only')], default='owner', max_length=12)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='network.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'everyone',
                'constraints': [models.UniqueConstraint(fields=('user', 'merchant'), name='one_membership_per_user_and_merchant'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'operations', 'finance', 'readonly'])), name='membership_role_is_known')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everyone', django.db.models.manager.Manager()),
            ],
        ),
    ]
